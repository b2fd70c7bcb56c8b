package io.moshimlx.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** A command as a page of the manual, in the macros of man(7). */
final class ManPages {
  private final String version;
  private final String date;

  ManPages(String version, String date) {
    this.version = version;
    this.date = date;
  }

  /** The page's name, such as {@code moshi-mlx-models-pull}. */
  static String name(CommandSpec command) {
    return command.qualifiedName().replace(' ', '-');
  }

  String page(CommandSpec command) {
    StringBuilder page = new StringBuilder();
    page.append(
        ".TH %s 1 \"%s\" \"moshi\\-mlx %s\" \"User Commands\"\n"
            .formatted(escape(name(command).toUpperCase(Locale.ROOT)), date, escape(version)));
    String header = Arguments.header(command).replaceFirst("\\.$", "");
    section(page, "NAME", escape(name(command)) + " \\- " + escape(header));
    section(page, "SYNOPSIS", synopsis(command));
    section(page, "DESCRIPTION", paragraphs(command.usageMessage().description()));
    page.append(arguments(command));
    String commands =
        Arguments.subcommands(command).stream()
            .map(sub -> entry(bold(sub.name()), Arguments.header(sub)))
            .collect(Collectors.joining("\n"));
    section(page, "COMMANDS", commands);
    String statuses =
        command.root().usageMessage().exitCodeList().entrySet().stream()
            .map(status -> entry(bold(status.getKey()), Arguments.text(status.getValue())))
            .collect(Collectors.joining("\n"));
    section(page, "EXIT STATUS", statuses);
    String examples =
        Stream.of(command.usageMessage().footer())
            .map(line -> escape(Arguments.text(line).strip()))
            .collect(Collectors.joining("\n.br\n"));
    section(page, "EXAMPLES", examples);
    section(page, "SEE ALSO", seeAlso(command));
    return page.toString();
  }

  private static String synopsis(CommandSpec command) {
    String[] custom = command.usageMessage().customSynopsis();
    if (custom.length > 0) {
      return Stream.of(custom)
          .map(line -> escape(Arguments.text(line)))
          .collect(Collectors.joining("\n.br\n"));
    }
    List<String> words = new ArrayList<>(List.of(bold(command.qualifiedName())));
    words.add("[" + italic("OPTIONS") + "]");
    if (!command.subcommands().isEmpty()) {
      words.add(italic("COMMAND"));
    }
    command.positionalParameters().forEach(operand -> words.add(italic(operand.paramLabel())));
    return String.join(" ", words);
  }

  /** Operands, then options by their groups, the general ones at the end. */
  private static String arguments(CommandSpec command) {
    StringBuilder page = new StringBuilder();
    String operands =
        command.positionalParameters().stream()
            .map(p -> entry(italic(p.paramLabel()), Arguments.text(p.description())))
            .collect(Collectors.joining("\n"));
    section(page, "ARGUMENTS", operands);
    StringBuilder options = new StringBuilder();
    append(options, Arguments.ungrouped(command));
    for (ArgGroupSpec group : command.argGroups()) {
      options.append(".SS ").append(escape(Arguments.heading(group))).append('\n');
      append(options, group.allOptionsNested());
    }
    options.append(command.argGroups().isEmpty() ? "" : ".SS General\n");
    append(options, Arguments.general(command));
    section(page, "OPTIONS", options.toString().stripTrailing());
    return page.toString();
  }

  private static void append(StringBuilder page, List<OptionSpec> options) {
    options.forEach(option -> page.append(option(option)).append('\n'));
  }

  private static String option(OptionSpec option) {
    String names = Stream.of(option.names()).map(ManPages::bold).collect(Collectors.joining(", "));
    String value = Arguments.takesValue(option) ? "=" + italic(option.paramLabel()) : "";
    return entry(names + value, Arguments.text(option.description()));
  }

  private static String seeAlso(CommandSpec command) {
    Stream<CommandSpec> above =
        command.parent() == null ? Stream.empty() : Stream.of(command.parent());
    return Stream.concat(above, Arguments.subcommands(command).stream())
        .map(other -> bold(name(other)) + "(1)")
        .collect(Collectors.joining(", "));
  }

  private static void section(StringBuilder page, String title, String content) {
    if (!content.isEmpty()) {
      page.append(".SH ").append(title).append('\n').append(content).append('\n');
    }
  }

  private static String entry(String term, String text) {
    return ".TP\n" + term + "\n" + escape(text);
  }

  private static String paragraphs(String... lines) {
    return Stream.of(lines)
        .map(line -> escape(Arguments.text(line)))
        .collect(Collectors.joining("\n.PP\n"));
  }

  private static String bold(String text) {
    return "\\fB" + escape(text) + "\\fR";
  }

  private static String italic(String text) {
    return "\\fI" + escape(text) + "\\fR";
  }

  /** A hyphen is a minus, so that what is copied from a page works; a dot begins no macro. */
  private static String escape(String text) {
    String escaped = text.replace("\\", "\\e").replace("-", "\\-");
    return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
  }
}
