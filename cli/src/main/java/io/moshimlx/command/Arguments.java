package io.moshimlx.command;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ScopeType;

/** Parts of the command definitions, for help, man pages, completions and documents. */
final class Arguments {
  private static final String ALTERNATIVES = "[a-z0-9]+(\\|[a-z0-9]+)+";

  private Arguments() {}

  /** The commands below this one, without a repetition for each alias. */
  static List<CommandSpec> subcommands(CommandSpec command) {
    return command.subcommands().values().stream()
        .map(line -> line.getCommandSpec())
        .distinct()
        .filter(spec -> !spec.usageMessage().hidden())
        .toList();
  }

  /** This command and all below it. */
  static List<CommandSpec> commands(CommandSpec command) {
    return Stream.concat(
            Stream.of(command),
            subcommands(command).stream().flatMap(sub -> commands(sub).stream()))
        .toList();
  }

  static List<OptionSpec> options(CommandSpec command) {
    return command.options().stream().filter(option -> !option.hidden()).toList();
  }

  /** The options of a command that are in no group, without those that every command has. */
  static List<OptionSpec> ungrouped(CommandSpec command) {
    List<OptionSpec> grouped =
        command.argGroups().stream().flatMap(group -> group.allOptionsNested().stream()).toList();
    return options(command).stream()
        .filter(option -> !grouped.contains(option) && !isGeneral(option))
        .toList();
  }

  /** The options that every command has. */
  static List<OptionSpec> general(CommandSpec command) {
    return options(command).stream().filter(Arguments::isGeneral).toList();
  }

  /** The title of a group of options. */
  static String heading(ArgGroupSpec group) {
    return text(group.heading()).strip().replaceFirst(":$", "");
  }

  private static boolean isGeneral(OptionSpec option) {
    return option.scopeType() == ScopeType.INHERIT || option.inherited();
  }

  static boolean takesValue(OptionSpec option) {
    return option.arity().max() > 0;
  }

  /**
   * The values that an argument can have; empty if it is free. A label such as "on|off" lists them.
   */
  static List<String> words(ArgSpec argument) {
    if (argument.paramLabel().matches(ALTERNATIVES)) {
      return List.of(argument.paramLabel().split("\\|"));
    }
    return argument.completionCandidates() == null || argument.type().isEnum()
        ? List.of()
        : StreamSupport.stream(argument.completionCandidates().spliterator(), false).toList();
  }

  /** Whether an argument can name a file; a text may, a number cannot. */
  static boolean mayBeFile(ArgSpec argument) {
    return argument.type() == Path.class || argument.type() == String.class;
  }

  /** The first line of an argument's description, which stands alone. */
  static String summary(ArgSpec argument) {
    return text(argument.description()[0]);
  }

  /** The purpose of a command, in a sentence. */
  static String header(CommandSpec command) {
    String[] header = command.usageMessage().header();
    String[] description = command.usageMessage().description();
    return text(header.length > 0 ? header : Arrays.copyOf(description, 1));
  }

  /** A description as plain text in one line. */
  static String text(String... lines) {
    return String.join(" ", lines).formatted();
  }
}
