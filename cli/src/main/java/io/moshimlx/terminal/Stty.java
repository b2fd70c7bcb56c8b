package io.moshimlx.terminal;

import io.moshimlx.OperatingSystem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The terminal at stdin, through tools that every Unix has. */
final class Stty {
  private Stty() {}

  /** The terminal's modes, in the form that {@link #set} takes; empty if stdin is no terminal. */
  static Optional<String> modes() {
    return output("stty", "-g");
  }

  /** Sets modes, which only a process in the terminal's foreground may do. */
  static void set(String... modes) {
    List<String> command = new ArrayList<>(List.of("stty"));
    command.addAll(List.of(modes));
    Optional<String> _ = output(command.toArray(String[]::new));
  }

  /** The terminal's width in columns; empty if it has none. */
  static Optional<Integer> columns() {
    return output("stty", "size")
        .map(size -> Integer.parseInt(size.substring(size.lastIndexOf(' ') + 1)))
        .filter(columns -> columns > 0);
  }

  /** Whether this process may read from its terminal and set its modes, if it has one. */
  static boolean inForeground() {
    try {
      String[] groups =
          OperatingSystem.isMac()
              ? output("ps", "-o", "pgid=,tpgid=", "-p", "" + ProcessHandle.current().pid())
                  .orElse("")
                  .split("\\s+", -1)
              : linuxGroups();
      boolean none = groups.length == 2 && Integer.parseInt(groups[1]) <= 0;
      return none || (groups.length == 2 && groups[0].equals(groups[1]));
    } catch (IOException e) {
      return true;
    }
  }

  /** Of this process and of the foreground: fields 5 and 8 of proc_pid_stat(5). */
  private static String[] linuxGroups() throws IOException {
    String stat = Files.readString(Path.of("/proc/self/stat"), StandardCharsets.ISO_8859_1);
    // The name of the program, in parentheses, may hold anything.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return new String[] {fields[2], fields[5]};
  }

  /**
   * Stops this process as Ctrl-Z does; returns when it is continued, or if it cannot be stopped.
   */
  static void stop() {
    Optional<String> _ = output("sh", "-c", "kill -TSTP " + ProcessHandle.current().pid());
  }

  private static Optional<String> output(String... command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectInput(ProcessBuilder.Redirect.INHERIT)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.waitFor() == 0 ? Optional.of(text.strip()) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
