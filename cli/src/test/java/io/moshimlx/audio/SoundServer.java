package io.moshimlx.audio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * A PulseAudio of a test's own, with a virtual microphone and a virtual loudspeaker: what is played
 * into the sink {@code mic} is what javax.sound captures, and what javax.sound plays can be
 * recorded from {@code speaker.monitor}.
 *
 * <p>javax.sound knows ALSA only, and looks for its configuration where {@code ALSA_CONFIG_PATH}
 * says; Maven sets that for the JVM of the tests, see {@link #environment()} for other processes.
 */
public final class SoundServer implements AutoCloseable {
  /** The name of the only device, as javax.sound tells it. */
  public static final String DEVICE = "virtual [default]";

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** Where this JVM's ALSA looks for its configuration. */
  private static final String CONFIGURATION = System.getenv("ALSA_CONFIG_PATH");

  private final Path folder;
  private final Path configuration;
  private final String sinks;
  private final List<Process> clients = new ArrayList<>();
  private Process server;

  private SoundServer(Path folder, Path configuration, String sinks) {
    this.folder = folder;
    this.configuration = configuration;
    this.sinks = sinks;
  }

  /** Starts a server whose devices work at 24 kHz mono, so that samples pass unaltered. */
  public static SoundServer start() throws IOException, InterruptedException {
    return start("rate=24000 channels=1 channel_map=mono");
  }

  /** Starts a server whose devices work at 48 kHz stereo, and take nothing else. */
  public static SoundServer start48kHzStereo() throws IOException, InterruptedException {
    return start("rate=48000 channels=2");
  }

  private static SoundServer start(String sinks) throws IOException, InterruptedException {
    for (String tool : List.of("pulseaudio", "pactl", "pacat", "parec")) {
      if (Stream.of(System.getenv("PATH").split(File.pathSeparator))
          .noneMatch(folder -> Files.isExecutable(Path.of(folder, tool)))) {
        fail(
            "%s is not installed, which live audio is tested with: apt-get install pulseaudio pulseaudio-utils libasound2-plugins"
                .formatted(tool));
      }
    }
    if (CONFIGURATION == null) {
      fail("ALSA_CONFIG_PATH is not set for the JVM of the tests; run them through Maven");
    }
    // The path of a socket may have 107 characters: the build folder may be too deep.
    Path folder =
        Files.createTempDirectory(
            "sound",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    SoundServer server = new SoundServer(folder, Path.of(CONFIGURATION), sinks);
    try {
      server.configure();
      server.launch();
    } catch (Throwable e) {
      server.close();
      throw e;
    }
    return server;
  }

  /** What another process needs in its environment to have the virtual devices. */
  public Map<String, String> environment() {
    return Map.of(
        "ALSA_CONFIG_PATH",
        configuration.toString(),
        "PULSE_SERVER",
        "unix:" + folder.resolve("socket"),
        "PULSE_COOKIE",
        folder.resolve("cookie").toString(),
        "PATH",
        System.getenv("PATH"));
  }

  /** Has another loudspeaker be the default in the sound settings; javax.sound plays as before. */
  public void chooseLoudspeaker(String description) {
    String sink =
        "sink_properties=device.description=\"%s\"".formatted(description.replace(" ", "\\ "));
    assertTrue(control("load-module", "module-null-sink", "sink_name=chosen", sink));
    assertTrue(control("set-default-sink", "chosen"));
  }

  private void configure() throws IOException {
    String pulse = "type pulse server \"unix:%s\" device".formatted(folder.resolve("socket"));
    String lines =
        """
        pcm.virtual { %1$s "speaker" }
        pcm.microphone { %1$s "mic.monitor" }
        pcm.!default { type asym playback.pcm virtual capture.pcm microphone }
        """
            .formatted(pulse);
    Files.createDirectories(configuration.getParent());
    // ALSA notices another file, not one that was written again within the same second.
    Path file = Files.writeString(folder.resolve("asound.conf"), lines);
    Files.move(
        Files.copy(
            file, configuration.resolveSibling("asound.part"), StandardCopyOption.REPLACE_EXISTING),
        configuration,
        StandardCopyOption.ATOMIC_MOVE);
  }

  private void launch() throws IOException, InterruptedException {
    String sink = "module-null-sink norewinds=1 " + sinks + " sink_name=";
    server =
        process(
                "pulseaudio",
                "-n",
                "--daemonize=no",
                "--system=false",
                "--use-pid-file=no",
                "--disable-shm=yes",
                "--exit-idle-time=-1",
                "--load=" + sink + "mic",
                "--load=" + sink + "speaker",
                "--load=module-native-protocol-unix auth-anonymous=1 socket="
                    + folder.resolve("socket"))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("server.log").toFile())
            .start();
    await("the sound server", () -> control("info"));
  }

  private ProcessBuilder process(String... command) {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder
        .environment()
        .putAll(
            Map.of(
                "HOME", folder.toString(),
                "XDG_RUNTIME_DIR", folder.toString(),
                "PULSE_SERVER", "unix:" + folder.resolve("socket")));
    return builder;
  }

  /** Runs pactl; returns whether it succeeded. */
  private boolean control(String... arguments) {
    List<String> command = new ArrayList<>(List.of("pactl"));
    command.addAll(Arrays.asList(arguments));
    try {
      return process(command.toArray(String[]::new))
              .redirectOutput(folder.resolve("pactl.log").toFile())
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return fail(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return fail(e);
    }
  }

  /** Waits until something holds; fails where it does not within 20 seconds. */
  public static void await(String what, BooleanSupplier holds) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!holds.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        fail(what + " did not come within " + PATIENCE.toSeconds() + " s");
      }
      Thread.sleep(5);
    }
  }

  /** Plays 24 kHz mono samples into the microphone, to be waited for or ended. */
  public Process speak(float[] samples) throws IOException {
    byte[] bytes = new byte[2 * samples.length];
    for (int i = 0; i < samples.length; i++) {
      short value = PcmWriter.pcm16(samples[i]);
      bytes[2 * i] = (byte) value;
      bytes[2 * i + 1] = (byte) (value >> 8);
    }
    Path file = Files.write(Files.createTempFile(folder, "spoken", ".raw"), bytes);
    // A generous buffer: on a busy machine the server must not wait for the player.
    return client("pacat", "--device=mic", "--latency-msec=2000", file.toString());
  }

  /** Records what the loudspeaker plays, as 24 kHz mono 16-bit samples, until it is closed. */
  public Recording record() throws IOException, InterruptedException {
    Path file = Files.createTempFile(folder, "heard", ".raw");
    Process process =
        client("parec", "--device=speaker.monitor", "--latency-msec=20", file.toString());
    await("the recording", () -> file.toFile().length() > 0);
    return new Recording(process, file);
  }

  /** Notes when a click goes through a sink, {@code mic} or {@code speaker}, until it is closed. */
  public Clicks clicks(String sink) throws IOException, InterruptedException {
    Clicks clicks =
        new Clicks(client("parec", "--device=" + sink + ".monitor", "--latency-msec=5"));
    await("the sound of " + sink, clicks::listening);
    return clicks;
  }

  private Process client(String tool, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(List.of(tool, "--raw", "--rate=24000", "--channels=1", "--format=s16le"));
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder = process(command.toArray(String[]::new)).redirectErrorStream(false);
    builder.redirectError(folder.resolve(tool + ".log").toFile());
    Process process = builder.start();
    clients.add(process);
    return process;
  }

  /** A recording under way. */
  public record Recording(Process process, Path file) {
    /** The samples until now. */
    public float[] samples() {
      byte[] bytes;
      try {
        bytes = Files.readAllBytes(file);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      float[] samples = new float[bytes.length / 2];
      for (int i = 0; i < samples.length; i++) {
        samples[i] = (short) ((bytes[2 * i] & 0xff) | (bytes[2 * i + 1] << 8)) / 0x1p15f;
      }
      return samples;
    }
  }

  /** Has the microphone deliver nothing any more, or again. */
  public void suspendMicrophone(boolean suspend) {
    assertEquals(true, control("suspend-sink", "mic", suspend ? "1" : "0"));
  }

  /** Has the microphone hear the loudspeaker, 60 ms late. */
  public void echo() {
    assertEquals(
        true,
        control(
            "load-module",
            "module-loopback",
            "source=speaker.monitor",
            "sink=mic",
            "latency_msec=60"));
  }

  /** Has the server answer nobody any more; no call into it returns. */
  public void freeze() throws IOException, InterruptedException {
    signal("STOP");
  }

  /** Undoes {@link #freeze()}. */
  public void thaw() throws IOException, InterruptedException {
    signal("CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    String[] command = {"kill", "-" + name, Long.toString(server.pid())};
    assertEquals(0, new ProcessBuilder(command).start().waitFor());
  }

  /** Ends the server without notice. */
  public void kill() {
    server.destroyForcibly().onExit().join();
  }

  /** Starts the server again after {@link #kill()}. */
  public void restart() throws IOException, InterruptedException {
    launch();
  }

  @Override
  public void close() throws IOException {
    for (Process client : clients) {
      client.destroyForcibly().onExit().join();
    }
    if (server != null) {
      kill();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** What the server has said, to explain a failure. */
  public String log() throws IOException {
    return Files.readString(folder.resolve("server.log"), StandardCharsets.UTF_8);
  }
}
