package io.moshimlx.command;

import io.moshimlx.UserException;
import io.moshimlx.mimi.MimiException;
import io.moshimlx.mlx.MlxException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Turns whatever goes wrong into one line on stderr and an exit status. */
final class Failures implements IExecutionExceptionHandler, IParameterExceptionHandler {
  private final MoshiMlx command;

  Failures(MoshiMlx command) {
    this.command = command;
  }

  @Override
  public int handleParseException(ParameterException e, String[] args) {
    CommandLine wrong = e.getCommandLine();
    say(e);
    command.terminal().err().printf("Try '%s --help'%n", wrong.getCommandSpec().qualifiedName());
    return ExitStatus.WRONG_USAGE;
  }

  @Override
  public int handleExecutionException(Exception e, CommandLine commandLine, ParseResult parsed) {
    return handle(e);
  }

  int handle(Throwable e) {
    say(e);
    if (command.verbose()) {
      e.printStackTrace(command.terminal().err());
    }
    return ExitStatus.FAILED;
  }

  private void say(Throwable e) {
    command.terminal().err().println("moshi-mlx: " + describe(e));
  }

  private static String describe(Throwable e) {
    String message =
        switch (e) {
          case UserException known -> known.getMessage();
          case MlxException known -> known.getMessage();
          case MimiException known -> known.getMessage();
          case ParameterException known -> known.getMessage();
          case OutOfMemoryError memory ->
              "Java's memory is used up (%s), which should not happen; please report it"
                  .formatted(memory.getMessage());
          default -> "internal error, please report it with the output of --verbose: " + e;
        };
    return message.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
