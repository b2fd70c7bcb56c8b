package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.audio.SoundServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What a person sees of a conversation, and the keys: in a real terminal, that of tmux. */
@Tag("device")
@EnabledOnOs(
    value = OS.LINUX,
    disabledReason = "PulseAudio stands in for the devices on Linux only")
final class LiveTerminalTest {
  private static final String STATUS = "(?m)^\\d:\\d\\d · \\[.*";
  private static final Pattern WORDS = Pattern.compile("(?m)^(?!microphone )\\p{Alpha}.*");

  @TempDir private Path folder;

  @Test
  void wordsStatusMuteResizeAndCtrlC() throws Exception {
    try (SoundServer server = SoundServer.start();
        Pane pane = new Pane(folder, 100)) {
      Path events = folder.resolve("events.ndjson");
      Path recording = folder.resolve("talk.wav");
      pane.start(server, "--events", events, "--record", recording);
      pane.await("the status line", screen -> screen.matches("(?s).*\\d:\\d\\d · \\[[| ]+\\] .*"));
      pane.await("words above it", screen -> WORDS.matcher(screen).find());
      pane.await("time running", screen -> screen.contains("0:02 · "));
      assertTrue(pane.screen().contains(" dropped · m mute, q quit"), pane.screen());
      assertTrue(
          pane.screen()
              .replace("\n", "")
              .contains(
                  "loudspeaker 'Null Output'; echo cancellation on: nothing says that 'Null Output'"
                      + " is headphones"),
          pane.screen());

      pane.type("m");
      pane.await("muted", screen -> screen.contains(" · [muted] · "));
      pane.type("m");
      pane.await("not muted", screen -> !screen.contains("[muted]"));

      pane.resize(36);
      pane.await("a narrower line", screen -> hasStatusOf(screen, 25, 35));
      pane.resize(90);
      pane.await("a wider line", screen -> hasStatusOf(screen, 70, 89));

      pane.type("C-c");
      pane.await("the end", screen -> screen.contains("status 130"));
      List<String> told = Files.readAllLines(events);
      assertTrue(told.getLast().contains("\"interrupted\""), told.getLast());
      long frames = told.stream().filter(line -> line.contains("\"frame\"")).count();
      assertEquals(44 + frames * 1920 * 2 * 2, Files.size(recording));
      assertLeftClean(pane);
    }
  }

  @Test
  void aKeyQuits() throws Exception {
    try (SoundServer server = SoundServer.start();
        Pane pane = new Pane(folder, 100)) {
      pane.start(server);
      pane.await("the status line", screen -> screen.contains("0:01 · "));
      pane.type("q");
      pane.await("the end", screen -> screen.contains("status 0"));
      assertLeftClean(pane);
    }
  }

  @Test
  void aTerminationSignalLeavesTheTerminalAsItWas() throws Exception {
    try (SoundServer server = SoundServer.start();
        Pane pane = new Pane(folder, 100)) {
      pane.start(server);
      pane.await("the status line", screen -> screen.contains("0:01 · "));
      pane.signal("TERM");
      pane.await("the end", screen -> screen.contains("status 143"));
      assertLeftClean(pane);
    }
  }

  /** A shell with job control at which a conversation is started, stopped and continued. */
  private static void inShell(Pane pane, SoundServer server, String ampersand, Object... options)
      throws Exception {
    pane.type("exec bash --norc -i", "Enter");
    pane.type("PS1='ready> '", "Enter");
    pane.await("a prompt", screen -> screen.stripTrailing().endsWith("ready>"));
    pane.type("sh " + pane.script(server, "", options) + ampersand, "Enter");
  }

  private static void assertShellsModes(Pane pane, int number) throws Exception {
    pane.type("clear; stty -a; echo modes " + number, "Enter");
    // The shell's own modes, not those of its line editor, hold while a command runs.
    pane.await("modes", screen -> screen.contains("\nmodes " + number));
    String screen = pane.screen();
    assertTrue(
        screen.matches("(?s).*\\sicanon\\s.*") && screen.matches("(?s).*\\secho\\s.*"), screen);
  }

  private static String file(Path path) {
    try {
      return Files.exists(path) ? Files.readString(path) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long frames(Path events) {
    return file(events).lines().filter(line -> line.contains("\"frame\"")).count();
  }

  @Test
  void stoppedContinuedInTheBackgroundAndBack() throws Exception {
    try (SoundServer server = SoundServer.start();
        Pane pane = new Pane(folder, 100)) {
      Path events = folder.resolve("events.ndjson");
      Path recording = folder.resolve("talk.wav");
      inShell(pane, server, "", "--events", events, "--record", recording);
      pane.await("the status line", screen -> screen.contains("0:01 · "));
      pane.type("C-z");
      pane.await("it stops", screen -> screen.contains("Stopped"));
      assertShellsModes(pane, 1);
      // More than the line of the microphone keeps.
      SoundServer.Recording meanwhile = server.record();
      SoundServer.await("2 seconds", () -> meanwhile.samples().length > 2 * 24_000);

      pane.type("fg", "Enter");
      pane.await("the status line", screen -> screen.matches("(?s).*\\d:\\d\\d · \\[[| ]+\\] .*"));
      pane.type("m");
      pane.await("muted without Enter", screen -> screen.contains(" · [muted] · "));
      pane.type("m");
      pane.await("not muted", screen -> !screen.contains("[muted]"));

      pane.type("C-z");
      pane.await("it stops", screen -> screen.contains("Stopped"));
      pane.type("bg", "Enter");
      long before = frames(events);
      SoundServer.await("frames in the background", () -> frames(events) > before + 25);
      assertShellsModes(pane, 2);
      assertEquals(List.of(), statusLines(pane.screen()));

      pane.type("fg", "Enter");
      pane.await("the status line", screen -> screen.matches("(?s).*\\d:\\d\\d · \\[[| ]+\\] .*"));
      pane.type("q");
      SoundServer.await("the end", () -> file(events).contains("\"end\""));
      assertShellsModes(pane, 3);
      assertEquals(44 + frames(events) * 1920 * 2 * 2, Files.size(recording));
      assertTrue(
          file(events).matches("(?s).*\"(lag|device_back|underrun)\".*"),
          "what was missed is told");
    }
  }

  @Test
  void aBackgroundJobRunsToItsEnd() throws Exception {
    try (SoundServer server = SoundServer.start();
        Pane pane = new Pane(folder, 100)) {
      Path events = folder.resolve("events.ndjson");
      inShell(pane, server, " &", "--events", events, "--duration", 3);
      SoundServer.await("the end", () -> file(events).contains("\"end\""));
      assertEquals(38, frames(events));
      assertShellsModes(pane, 1);
      assertFalse(pane.screen().contains("Stopped"), pane.screen());
    }
  }

  @Test
  void aClosedWindowEndsItInOrder() throws Exception {
    try (SoundServer server = SoundServer.start();
        Pane pane = new Pane(folder, 100)) {
      Path events = folder.resolve("events.ndjson");
      Path recording = folder.resolve("talk.wav");
      inShell(pane, server, "", "--events", events, "--record", recording);
      pane.await("the status line", screen -> screen.contains("0:01 · "));
      // The last window takes the server of tmux with it, so another one stays.
      pane.tmux("new-session", "-d", "sh");
      pane.tmux("kill-session", "-t", "0");
      SoundServer.await("the end", () -> file(events).contains("\"end\""));
      assertTrue(file(events).contains("\"interrupted\""), file(events));
      assertEquals(44 + frames(events) * 1920 * 2 * 2, Files.size(recording));
    }
  }

  @Test
  void whatIsToOutliveItsWindowDoes() throws Exception {
    try (SoundServer server = SoundServer.start();
        Pane pane = new Pane(folder, 100)) {
      Path events = folder.resolve("events.ndjson");
      pane.type("exec bash --norc -i", "Enter");
      pane.type("trap '' HUP; PS1='ready> '", "Enter");
      pane.await("a prompt", screen -> screen.stripTrailing().endsWith("ready>"));
      Path script = pane.script(server, "", "--events", events, "--duration", 5);
      pane.type("sh " + script + " </dev/null &", "Enter");
      SoundServer.await("frames", () -> frames(events) > 5);
      pane.tmux("new-session", "-d", "sh");
      pane.tmux("kill-session", "-t", "0");
      SoundServer.await("the end", () -> file(events).contains("\"end\""));
      assertEquals(63, frames(events));
      assertTrue(file(events).contains("\"input_ended\""), file(events));
    }
  }

  /** A plain sh gives the terminal back to nobody: what stops must do it. */
  @Test
  void stoppedItLeavesTheTerminalAsItWas() throws Exception {
    try (SoundServer server = SoundServer.start();
        Pane pane = new Pane(folder, 100)) {
      pane.type("exec sh -i", "Enter");
      pane.type("PS1='ready> '", "Enter");
      pane.await("a prompt", screen -> screen.stripTrailing().endsWith("ready>"));
      pane.type("sh " + pane.script(server, ""), "Enter");
      for (int round = 0; round < 3; round++) {
        pane.await("the status line", screen -> statusLines(screen).size() == 1);
        SoundServer.await("keys one by one", () -> !pane.modes().contains(" icanon"));
        pane.type("C-z");
        pane.await("it stops", screen -> screen.contains("Stopped"));
        assertTrue(pane.modes().matches("(?s).*\\sicanon\\s.*\\secho\\s.*"), pane.modes());
        assertEquals(List.of(), statusLines(pane.screen()));
        pane.type("clear; fg", "Enter");
      }
      pane.await("the status line", screen -> statusLines(screen).size() == 1);
      pane.type("q");
      pane.await("a prompt", screen -> screen.stripTrailing().endsWith("ready>"));
    }
  }

  /** How wide each line is that looks like the status. */
  private static List<Integer> statusLines(String screen) {
    return Pattern.compile(STATUS).matcher(screen).results().map(r -> r.group().length()).toList();
  }

  /** Whether there is one status line, and it is so long; spaces at its end do not count. */
  private static boolean hasStatusOf(String screen, int least, int most) {
    List<Integer> lengths = statusLines(screen);
    return lengths.size() == 1 && lengths.getFirst() >= least && lengths.getFirst() <= most;
  }

  private static void assertLeftClean(Pane pane) throws Exception {
    pane.await("the terminal's state", screen -> screen.contains("extproc"));
    String screen = pane.screen();
    assertTrue(screen.matches("(?s).*\\sicanon\\s.*"), screen);
    assertTrue(screen.matches("(?s).*\\secho\\s.*"), screen);
    assertTrue(screen.matches("(?s).*\\sisig\\s.*"), screen);
    assertFalse(screen.contains("q quit"), screen);
    assertFalse(screen.contains("WARNING"), screen);
    assertEquals(List.of(), statusLines(screen));
  }

  /** A terminal window in a tmux of its own. */
  private static final class Pane implements AutoCloseable {
    private final Path folder;
    private final Path socket;

    Pane(Path folder, int columns) throws IOException {
      this.folder = folder;
      // A socket's path may have 107 characters.
      socket = Files.createTempDirectory("tmux").resolve("socket");
      tmux("new-session", "-d", "-x", Integer.toString(columns), "-y", "24", "sh");
    }

    private String tmux(String... arguments) throws IOException {
      List<String> command =
          new ArrayList<>(List.of("tmux", "-u", "-f", "/dev/null", "-S", socket.toString()));
      command.addAll(Arrays.asList(arguments));
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(0, process.onExit().join().exitValue(), output);
      return output;
    }

    /** Starts a conversation; the shell tells its status and the terminal's state after it. */
    void start(SoundServer server, Object... options) throws IOException {
      String after = "\necho \"status $?\"\nstty -a\nexec cat\n";
      type("exec sh " + script(server, after, options), "Enter");
    }

    /** A script that has a conversation and then does something else. */
    Path script(SoundServer server, String after, Object... options) throws IOException {
      List<Object> arguments = new ArrayList<>(List.of("run", "--model", "demo"));
      arguments.addAll(Arrays.asList(options));
      String command =
          Cli.process(List.of("-Dmoshimlx.terminals=stdout stderr"), arguments.toArray()).stream()
              .map(word -> "'" + word.replace("'", "'\\''") + "'")
              .collect(Collectors.joining(" "));
      String environment =
          server.environment().entrySet().stream()
              .map(entry -> "export " + entry.getKey() + "='" + entry.getValue() + "'\n")
              .collect(Collectors.joining());
      return Files.writeString(
          folder.resolve("talk.sh"),
          environment
              + "clear\n"
              + (after.isEmpty() ? "exec " : "trap : INT\n")
              + command
              + after
              + "\n");
    }

    void type(String... keys) throws IOException {
      List<String> arguments = new ArrayList<>(List.of("send-keys"));
      arguments.addAll(Arrays.asList(keys));
      tmux(arguments.toArray(String[]::new));
    }

    void resize(int columns) throws IOException {
      tmux("resize-window", "-x", Integer.toString(columns));
    }

    /** Sends a signal to the conversation. */
    void signal(String name) throws IOException, InterruptedException {
      long shell = Long.parseLong(tmux("display-message", "-p", "#{pane_pid}").strip());
      ProcessHandle java =
          ProcessHandle.of(shell).orElseThrow().children().findFirst().orElseThrow();
      String[] kill = {"kill", "-" + name, Long.toString(java.pid())};
      assertEquals(0, new ProcessBuilder(kill).start().waitFor());
    }

    /** The terminal's modes, asked from outside. */
    String modes() {
      try {
        String device = tmux("display-message", "-p", "#{pane_tty}").strip();
        Process stty = new ProcessBuilder("stty", "-a", "-F", device).start();
        return new String(stty.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** What is to be seen. */
    String screen() {
      try {
        return tmux("capture-pane", "-p");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void await(String what, Predicate<String> holds) throws InterruptedException {
      try {
        SoundServer.await(what, () -> holds.test(screen()));
      } catch (AssertionError e) {
        throw new AssertionError(e.getMessage() + "; the screen:\n" + screen(), e);
      }
    }

    @Override
    public void close() throws IOException {
      tmux("kill-server");
      Files.deleteIfExists(socket);
      Files.delete(socket.getParent());
    }
  }
}
