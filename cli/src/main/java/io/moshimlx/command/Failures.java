package io.moshimlx.command;

import io.moshimlx.UserException;
import io.moshimlx.jni.NativeException;
import io.moshimlx.mlx.MlxException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Turns failures into one line on stderr and an exit status. */
final class Failures implements IExecutionExceptionHandler {
  private final MoshiMlx command;

  Failures(MoshiMlx command) {
    this.command = command;
  }

  /**
   * Reports wrong options.
   *
   * @param origin " (the file that sets them)"; "" if they were typed
   */
  int wrongUsage(ParameterException e, String origin) {
    CommandLine wrong = e.getCommandLine();
    say(describe(e) + origin);
    if (origin.isEmpty()) {
      command.terminal().err().printf("Try '%s --help'%n", wrong.getCommandSpec().qualifiedName());
    }
    return ExitStatus.WRONG_USAGE;
  }

  @Override
  public int handleExecutionException(Exception e, CommandLine commandLine, ParseResult parsed) {
    return handle(e);
  }

  int handle(Throwable e) {
    say(describe(e));
    if (command.verbose()) {
      e.printStackTrace(command.terminal().err());
    }
    return ExitStatus.FAILED;
  }

  private void say(String fault) {
    command.terminal().err().println("moshi-mlx: " + fault);
  }

  private static String describe(Throwable e) {
    String message =
        switch (e) {
          case UserException known -> known.getMessage();
          case MlxException known -> known.getMessage();
          case NativeException known -> known.getMessage();
          case ParameterException known -> known.getMessage();
          case OutOfMemoryError memory ->
              "Java's memory is used up (%s), which should not happen; please report it"
                  .formatted(memory.getMessage());
          default -> "internal error, please report it with the output of --verbose: " + e;
        };
    return message.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
