package io.moshimlx.command;

import io.moshimlx.UserException;
import io.moshimlx.hub.Hub;
import io.moshimlx.terminal.Terminal;
import java.util.Locale;
import java.util.Set;

/** The entry point of the process. */
public final class Main {
  private static final Set<String> VERSION_OPTIONS = Set.of("-V", "--version");

  private Main() {}

  public static void main(String[] arguments) {
    // Headers, JSON and file names must not depend on the user's language, which may have other
    // digits or letters.
    Locale.setDefault(Locale.ROOT);
    Hub.configureProcess();
    Terminal terminal = Terminal.ofProcess();
    // Alone, it need not wait for the definitions of all commands, which take longest.
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
