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
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command {@code moshi-mlx}, with what its subcommands have in common. */
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
    scope = ScopeType.INHERIT,
    customSynopsis = "moshi-mlx COMMAND [OPTIONS]",
    header = "Talk with Moshi: full-duplex speech on MLX.",
    description = {
      "Defaults of options can be set in ~/.config/moshi-mlx/defaults.properties, with lines such "
          + "as "
          + "'moshi-mlx.run.voice = moshika'.",
      "Documents that the help names, such as docs/events.md, are in share/doc/moshi-mlx of an "
          + "installation (~/.local/share/doc/moshi-mlx) and in a clone."
    },
    exitCodeList = {
      "0:done",
      "1:failed; one line on stderr says what failed and what to do",
      "2:wrong usage",
      "130:interrupted"
    },
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
      description = "On failure, print the stack trace too.")
  private boolean verbose;

  @Option(
      names = {"-h", Usage.LONG},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Print help: short with -h, else long.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      scope = ScopeType.INHERIT,
      description = "Print the versions of all parts.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it
  private boolean version;

  MoshiMlx(Terminal terminal, Map<String, String> environment) {
    this.terminal = terminal;
    this.environment = environment;
  }

  Terminal terminal() {
    return terminal;
  }

  /** The environment variables. */
  Map<String, String> environment() {
    return environment;
  }

  boolean verbose() {
    return verbose;
  }

  /** Runs a command in the environment of this process; returns the exit status. */
  static int execute(Terminal terminal, String... arguments) {
    Path cache = HubSettings.of(System.getenv()).cacheHome();
    if (cache.isAbsolute()) {
      CompiledKernels.keepIn(
          cache.resolve("moshi-mlx").resolve("kernels"),
          missing -> terminal.err().println("moshi-mlx: " + KernelCheck.describe(missing)));
    }
    return execute(terminal, System.getenv(), arguments);
  }

  /** Runs a command; returns the exit status. */
  static int execute(Terminal terminal, Map<String, String> environment, String... arguments) {
    MoshiMlx command = new MoshiMlx(terminal, environment);
    Failures failures = new Failures(command);
    try {
      CommandLine commandLine = new CommandLine(command);
      DefaultsFile defaults = DefaultsFile.of(new Variables(environment));
      defaults
          .unknownKeys(commandLine.getCommandSpec())
          .forEach(fault -> terminal.err().println("moshi-mlx: " + fault));
      return Usage.set(commandLine)
          .setDefaultValueProvider(defaults)
          // A file may be called @home.wav, and a persona begin with an @.
          .setExpandAtFiles(false)
          .setOut(new PrintWriter(new OutputStreamWriter(terminal.out(), StandardCharsets.UTF_8)))
          .setColorScheme(CommandLine.Help.defaultColorScheme(ansi(terminal)))
          .setParameterExceptionHandler((e, _) -> failures.wrongUsage(e, defaults.origin(e)))
          .setExecutionExceptionHandler(failures)
          .execute(arguments);
    } catch (UserException | Error e) {
      return failures.handle(e);
    }
  }

  private static Ansi ansi(Terminal terminal) {
    // Set and not empty, as no-color.org says.
    String noColor = System.getenv("NO_COLOR");
    boolean colour = terminal.outIsTerminal() && (noColor == null || noColor.isEmpty());
    return colour ? Ansi.ON : Ansi.OFF;
  }

  @Override
  public void run() {
    Usage.printShort(spec.commandLine());
  }
}
