package io.moshimlx.command;

import io.moshimlx.UserException;
import io.moshimlx.terminal.Terminal;
import java.util.Locale;
import java.util.Set;

/** Where the process starts. */
public final class Main {
  private static final Set<String> VERSION_OPTIONS = Set.of("-V", "--version");

  private Main() {}

  public static void main(String[] arguments) {
    // Headers, JSON and file names are no matter of the user's language, whose digits or letters
    // may be others.
    Locale.setDefault(Locale.ROOT);
    Terminal terminal = Terminal.ofProcess();
    // Asked alone, it need not wait until all commands are known, which takes longest.
    boolean version = arguments.length == 1 && VERSION_OPTIONS.contains(arguments[0]);
    System.exit(version ? version(terminal) : MoshiMlx.execute(terminal, arguments));
  }

  private static int version(Terminal terminal) {
    try {
      terminal.print(String.join("\n", Versions.lines()) + "\n");
      return ExitStatus.DONE;
    } catch (UserException e) {
      terminal.err().println("moshi-mlx: " + e.getMessage());
      return ExitStatus.FAILED;
    }
  }
}
