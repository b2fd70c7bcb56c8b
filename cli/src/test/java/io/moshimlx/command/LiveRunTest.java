package io.moshimlx.command;

import static io.moshimlx.audio.Wavs.channel;
import static io.moshimlx.audio.Wavs.floats;
import static io.moshimlx.audio.Wavs.mono;
import static io.moshimlx.audio.Wavs.samples;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.moshimlx.audio.FakeTools;
import io.moshimlx.audio.Signals;
import io.moshimlx.audio.SoundServer;
import io.moshimlx.mimi.Mimi;
import io.moshimlx.mimi.MimiDecoder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import javax.sound.sampled.AudioFileFormat;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Conversations with the demo model through the devices of a real sound server. */
@Tag("device")
@EnabledOnOs(
    value = OS.LINUX,
    disabledReason = "PulseAudio stands in for the devices on Linux only")
final class LiveRunTest {
  private static final int FRAME = Mimi.FRAME_SAMPLES;
  private static final int MINUTE_SECONDS = 60;
  private static final int MINUTE_FRAMES = 750;
  private static final int SETTLED_FRAMES = 250;

  private static final Path SPEECH = Path.of("../samples/hello.wav");

  @TempDir private Path folder;

  /** A conversation under way, or its traces. */
  private record Talk(Path recording, Path events, CompletableFuture<Cli.Result> run) {
    /** Those that are whole: the last may be half written, and the rest of it come later. */
    List<JsonObject> lines() {
      try {
        if (Files.notExists(events)) {
          return List.of();
        }
        String text = new String(Files.readAllBytes(events), StandardCharsets.UTF_8);
        return text.substring(0, text.lastIndexOf('\n') + 1)
            .lines()
            .map(line -> JsonParser.parseString(line).getAsJsonObject())
            .toList();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    List<JsonObject> ofType(String type) {
      return lines().stream()
          .filter(event -> event.get("type").getAsString().equals(type))
          .toList();
    }

    boolean warned(String code) {
      return ofType("warning").stream()
          .anyMatch(warning -> warning.get("code").getAsString().equals(code));
    }

    long stat(String name) {
      return lines().getLast().getAsJsonObject("stats").get(name).getAsLong();
    }

    /** Waits for a frame, as long as frames come. */
    void awaitFrames(int count) throws InterruptedException {
      for (int seen = 0; seen < count; seen += MINUTE_FRAMES / 6) {
        int next = Math.min(count, seen + MINUTE_FRAMES / 6);
        SoundServer.await(next + " frames", () -> run.isDone() || ofType("frame").size() >= next);
      }
    }

    void succeeded() throws Exception {
      assertEquals(0, run.get().status(), run.get().err());
    }
  }

  private Talk talk(String name, int seconds, Object... options) {
    return talk(Map.of(), name, seconds, options);
  }

  private Talk talk(Map<String, String> environment, String name, int seconds, Object... options) {
    Object[] arguments = arguments(name, seconds, options);
    // A thread each: the common pool may have one only.
    CompletableFuture<Cli.Result> run =
        CompletableFuture.supplyAsync(
            () -> Cli.run(environment, arguments), task -> Thread.ofPlatform().start(task));
    return new Talk(recording(name), events(name), run);
  }

  private Object[] arguments(String name, int seconds, Object... options) {
    List<Object> arguments =
        new ArrayList<>(List.of("run", "--model", Cli.DEMO, "--temp", "0", "--duration", seconds));
    arguments.addAll(List.of("--record", recording(name), "--events", events(name)));
    arguments.addAll(Arrays.asList(options));
    return arguments.toArray();
  }

  private Path recording(String name) {
    return folder.resolve(name + ".wav");
  }

  private Path events(String name) {
    return folder.resolve(name + ".ndjson");
  }

  /**
   * A minute of speech, as scripts/soak has twelve; that measures also whether the machine keeps
   * up.
   */
  @Test
  void aMinuteOfSpeechIsAnsweredButForWhatIsReportedAsLate() throws Exception {
    try (SoundServer server = SoundServer.start()) {
      Process process =
          Cli.start(folder, Cli.process(List.of(), arguments("minute", MINUTE_SECONDS)));
      Talk talk =
          new Talk(
              recording("minute"),
              events("minute"),
              process.onExit().thenApply(ended -> result(folder, ended)));
      talk.awaitFrames(1);
      SoundServer.Recording loudspeaker = server.record();
      server.speak(repeated(mono(SPEECH), MINUTE_SECONDS + 10));
      talk.awaitFrames(SETTLED_FRAMES);
      double settled = ProcessMemory.residentMegabytes(process.pid());
      talk.awaitFrames(MINUTE_FRAMES - 12);
      double last = ProcessMemory.residentMegabytes(process.pid());
      talk.succeeded();
      assertEquals(settled, last, 0.05 * settled, "resident memory in MB");
      assertKeptTime(talk, MINUTE_FRAMES);
      assertSidesAgree(talk);
      assertSpeechWasHeard(talk);
      assertPlayed(talk, loudspeaker.samples());
    }
  }

  private static Cli.Result result(Path folder, Process process) {
    try {
      return Cli.result(folder, process);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void assertKeptTime(Talk talk, int frames) {
    assertEquals(frames, talk.ofType("frame").size());
    JsonObject end = talk.lines().getLast();
    assertEquals("input_ended", end.get("reason").getAsString());
    double wall = end.getAsJsonObject("stats").get("wall_seconds").getAsDouble();
    // Frames that came too late are dropped, and at the end at most four are behind.
    assertEquals((double) (frames + talk.stat("dropped_frames")), wall * 12.5, 4);
    assertTrue(
        talk.ofType("frame").stream().allMatch(frame -> frame.get("lag_ms").getAsDouble() >= 0));
  }

  private static void assertSpeechWasHeard(Talk talk) {
    long voices =
        talk.ofType("frame").stream().map(frame -> frame.get("user_tokens")).distinct().count();
    assertTrue(voices > 20, "speech has many different tokens, not " + voices);
  }

  /** That recording and events tell the same, and what a file with the user's side would give. */
  private void assertSidesAgree(Talk talk) throws Exception {
    List<JsonObject> frames = talk.ofType("frame");
    short[] both = samples(talk.recording());
    assertEquals(frames.size() * FRAME * 2, both.length);

    Path heard = folder.resolve("heard.wav");
    write(channel(both, 0), heard);
    Path events = folder.resolve("again.ndjson");
    Cli.run("run", "--model", Cli.DEMO, "--temp", "0", "--input", heard, "--events", events)
        .succeeded();
    List<JsonObject> again = new Talk(heard, events, null).ofType("frame");
    assertEquals(frames.size(), again.size());
    for (int n = 0; n < frames.size(); n++) {
      for (String key : List.of("user_tokens", "text_token", "audio_tokens")) {
        assertEquals(again.get(n).get(key), frames.get(n).get(key), key + " of frame " + n);
      }
    }
    short[] moshi = channel(both, 1);
    try (Mimi codec =
            Mimi.open(Cli.DEMO.resolve("mimi.safetensors"), Cli.DEMO.resolve("mimi.json"), 8);
        MimiDecoder decoder = codec.newDecoder()) {
      for (int n = 0; n < frames.size(); n++) {
        short[] said =
            frames.get(n).get("audio_tokens") instanceof JsonArray tokens
                ? pcm16(decoder.decode(new Gson().fromJson(tokens, int[].class)))
                : new short[FRAME];
        assertArrayEquals(
            said, Arrays.copyOfRange(moshi, n * FRAME, (n + 1) * FRAME), "frame " + n);
      }
    }
  }

  /**
   * Asserts that the loudspeaker played all that was said but for the first seconds, and for what
   * was reported.
   */
  private static void assertPlayed(Talk talk, float[] played) throws IOException {
    float[] said = floats(channel(samples(talk.recording()), 1));
    // At the end the line holds two frames, two wait and one is on its way; they are not played.
    float[] wanted = Arrays.copyOf(said, said.length - 5 * FRAME);
    long gaps = talk.stat("underruns") + talk.stat("overrun_frames");
    Signals.assertHeard(wanted, 25 * FRAME, played, gaps);
  }

  @Test
  void theLoudspeakersEchoIsTakenOutOfWhatIsHeard() throws Exception {
    double with = echoHeard("on");
    double without = echoHeard("off");
    // Both talk to themselves; more would be measured in a room that is always the same.
    assertTrue(with < without - 15, "echo of %.1f dB, cancelled %.1f dB".formatted(without, with));
  }

  /**
   * The mean level, in dBFS, of what is heard where the loudspeaker can be heard and nobody speaks.
   */
  private double echoHeard(String cancellation) throws Exception {
    try (SoundServer server = SoundServer.start()) {
      server.echo();
      Talk talk = talk("echo-" + cancellation, 9, "--echo-cancellation", cancellation);
      talk.succeeded();
      JsonObject session = talk.lines().getFirst();
      assertEquals(cancellation.equals("on"), session.get("echo_cancellation").getAsBoolean());
      short[] heard = channel(samples(talk.recording()), 0);
      return Signals.decibels(floats(heard), heard.length * 4 / 9, heard.length);
    }
  }

  @Test
  void theLoudspeakerThatTheSystemChoosesDecidesOnEchoCancellation() throws Exception {
    try (SoundServer server = SoundServer.start()) {
      assertEchoCancellation(server, true, "nothing says that 'Null Output' is headphones");
      server.chooseLoudspeaker("AirPods Pro");
      assertEchoCancellation(server, false, "'AirPods Pro' is headphones");
      assertEchoCancellation(
          server, true, "as --echo-cancellation says", "--echo-cancellation", "on");
    }
  }

  private void assertEchoCancellation(SoundServer server, boolean on, String why, Object... options)
      throws Exception {
    Talk talk = talk(server.environment(), "default", 1, options);
    talk.succeeded();
    // Nobody speaks, which is told if the model took long to load.
    List<String> said = talk.run().get().err().lines().toList();
    assertTrue(
        said.stream().allMatch(line -> line.startsWith("moshi-mlx: warning: ")), said.toString());
    JsonObject session = talk.lines().getFirst();
    assertEquals(on, session.get("echo_cancellation").getAsBoolean());
    assertEquals(why, session.get("echo_cancellation_reason").getAsString());
  }

  @Test
  void aSystemThatDoesNotAnswerBreaksNoStart() throws Exception {
    FakeTools tools = new FakeTools(folder).socket("pulse/native");
    tools.tool("pactl", "PATH=/usr/bin:/bin\nsleep 600");
    try (SoundServer _ = SoundServer.start()) {
      Talk talk = talk(tools.environment(), "mute", 1);
      talk.succeeded();
      JsonObject session = talk.lines().getFirst();
      assertEquals(SoundServer.DEVICE, session.get("output_device").getAsString());
      assertEquals(
          "the default loudspeaker's name is not known",
          session.get("echo_cancellation_reason").getAsString());
    }
  }

  @Test
  void aSoundServerThatWasKilledAndIsBackCostsSoundButNoTime() throws Exception {
    try (SoundServer server = SoundServer.start()) {
      Talk talk = talk("killed", 12);
      talk.awaitFrames(20);
      server.kill();
      SoundServer.await("the loss", () -> talk.warned("device_lost"));
      server.restart();
      SoundServer.await("the return", () -> talk.run().isDone() || talk.warned("device_back"));
      server.speak(repeated(mono(SPEECH), 20));
      talk.succeeded();
      assertKeptTime(talk, 150);
      assertSidesAgree(talk);
      assertSpeechWasHeard(talk);
      assertTrue(talk.stat("outages") >= 1);
    }
  }

  @Test
  void aSoundServerThatIsGoneForGoodEndsTheSessionWithOneError() throws Exception {
    try (SoundServer server = SoundServer.start()) {
      Talk talk = talk("gone", 60);
      talk.awaitFrames(10);
      server.kill();
      Cli.Result result = talk.run().get();
      assertEquals(ExitStatus.FAILED, result.status());
      List<String> said = result.err().lines().toList();
      assertTrue(
          said.getLast().contains("'" + SoundServer.DEVICE + "' has been away for 10 seconds ("),
          result.err());
      List<String> warnings = said.subList(0, said.size() - 1);
      assertTrue(
          warnings.stream().allMatch(line -> line.startsWith("moshi-mlx: warning: ")),
          result.err());
      assertEquals("failed", talk.lines().getLast().get("reason").getAsString());
      assertSidesAgree(talk);
    }
  }

  @Test
  void twoSessionsShareTheDevices() throws Exception {
    try (SoundServer server = SoundServer.start()) {
      Talk one = talk("one", 8);
      Talk other = talk("other", 8);
      one.awaitFrames(1);
      other.awaitFrames(1);
      server.speak(repeated(mono(SPEECH), 20));
      for (Talk talk : List.of(one, other)) {
        talk.succeeded();
        assertKeptTime(talk, 100);
        assertSidesAgree(talk);
        assertSpeechWasHeard(talk);
      }
    }
  }

  @Test
  void devicesThatAreOpenAt48kHzStereoServeAsWell() throws Exception {
    try (SoundServer server = SoundServer.start48kHzStereo()) {
      Talk talk = talk("stereo", 6);
      talk.awaitFrames(1);
      server.speak(repeated(mono(SPEECH), 20));
      talk.succeeded();
      assertKeptTime(talk, 75);
      assertSidesAgree(talk);
      assertSpeechWasHeard(talk);
    }
  }

  private static short[] pcm16(float... samples) {
    short[] shorts = new short[samples.length];
    for (int i = 0; i < samples.length; i++) {
      shorts[i] = (short) Math.clamp(Math.round(samples[i] * 32768.0), -32768, 32767);
    }
    return shorts;
  }

  private static float[] repeated(float[] samples, int seconds) {
    float[] repeated = new float[seconds * Mimi.SAMPLE_RATE];
    for (int i = 0; i < repeated.length; i++) {
      repeated[i] = samples[i % samples.length];
    }
    return repeated;
  }

  private static void write(short[] samples, Path wav) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(2 * samples.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asShortBuffer().put(samples);
    AudioFormat format = new AudioFormat(Mimi.SAMPLE_RATE, 16, 1, true, false);
    AudioSystem.write(
        new AudioInputStream(new ByteArrayInputStream(bytes.array()), format, samples.length),
        AudioFileFormat.Type.WAVE,
        wav.toFile());
  }
}
