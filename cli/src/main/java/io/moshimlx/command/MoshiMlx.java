package io.moshimlx.command;

import io.moshimlx.UserException;
import io.moshimlx.Variables;
import io.moshimlx.doctor.KernelCheck;
import io.moshimlx.hub.HubSettings;
import io.moshimlx.mlx.CompiledKernels;
import io.moshimlx.terminal.Terminal;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command {@code moshi-mlx}: what is common to every subcommand. */
@Command(
    name = "moshi-mlx",
    subcommands = {
      RunCommand.class,
      ModelsCommand.class,
      VoicesCommand.class,
      QuantizeCommand.class,
      DevicesCommand.class,
      DoctorCommand.class,
      BenchCommand.class
    },
    versionProvider = Versions.Provider.class,
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    synopsisSubcommandLabel = "COMMAND",
    description = {
      "Talk with Moshi: full-duplex speech on MLX.",
      "Options get defaults in ~/.config/moshi-mlx/defaults.properties, with lines such as "
          + "'moshi-mlx.run.voice = moshika'."
    },
    descriptionHeading = "%n",
    optionListHeading = "%nOptions:%n",
    commandListHeading = "%nCommands:%n",
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:done",
      "1:failed; one line on stderr says what and what to do",
      "2:wrong usage",
      "130:interrupted"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  moshi-mlx run --model demo --input hello.wav --output reply.wav",
      "  moshi-mlx run --help"
    })
final class MoshiMlx implements Runnable {
  private final Terminal terminal;
  private final Map<String, String> environment;
  @Spec private CommandSpec spec;

  @Option(
      names = "--verbose",
      fallbackValue = "true",
      scope = ScopeType.INHERIT,
      description = "On failure, show where in the program it happened.")
  private boolean verbose;

  MoshiMlx(Terminal terminal, Map<String, String> environment) {
    this.terminal = terminal;
    this.environment = environment;
  }

  Terminal terminal() {
    return terminal;
  }

  /** The variables of the process's environment. */
  Map<String, String> environment() {
    return environment;
  }

  boolean verbose() {
    return verbose;
  }

  /** Runs the command given, in the environment of this process, and returns the exit status. */
  static int execute(Terminal terminal, String... arguments) {
    Path cache = HubSettings.of(System.getenv()).cacheHome();
    if (cache.isAbsolute()) {
      CompiledKernels.keepIn(
          cache.resolve("moshi-mlx").resolve("kernels"),
          missing -> terminal.err().println("moshi-mlx: " + KernelCheck.describe(missing)));
    }
    return execute(terminal, System.getenv(), arguments);
  }

  /** Runs the command given and returns the exit status. */
  static int execute(Terminal terminal, Map<String, String> environment, String... arguments) {
    MoshiMlx command = new MoshiMlx(terminal, environment);
    Failures failures = new Failures(command);
    try {
      CommandLine commandLine = new CommandLine(command);
      DefaultsFile defaults = DefaultsFile.of(new Variables(environment));
      defaults
          .unknownKeys(commandLine.getCommandSpec())
          .forEach(fault -> terminal.err().println("moshi-mlx: " + fault));
      return commandLine
          .setDefaultValueProvider(defaults)
          // A file may be called @home.wav, and a persona begin with an @.
          .setExpandAtFiles(false)
          .setOut(new PrintWriter(new OutputStreamWriter(terminal.out(), StandardCharsets.UTF_8)))
          .setColorScheme(CommandLine.Help.defaultColorScheme(ansi(terminal)))
          .setUsageHelpLongOptionsMaxWidth(26)
          .setParameterExceptionHandler((e, _) -> failures.wrongUsage(e, defaults.origin(e)))
          .setExecutionExceptionHandler(failures)
          .execute(arguments);
    } catch (UserException | Error e) {
      return failures.handle(e);
    }
  }

  private static Ansi ansi(Terminal terminal) {
    // Set and not empty, as no-color.org has it.
    String noColor = System.getenv("NO_COLOR");
    boolean colour = terminal.outIsTerminal() && (noColor == null || noColor.isEmpty());
    return colour ? Ansi.ON : Ansi.OFF;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing, such as 'run'");
  }
}
