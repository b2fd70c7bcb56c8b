package io.moshimlx.command;

import io.moshimlx.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Writes {@code docs/cli.md}, the reference of all commands in Markdown. */
public final class CommandReference {
  private static final String START =
      """
      # Commands

      <!-- Written by scripts/generate-cli-docs from the command definitions; never edited by hand. -->

      `moshi-mlx COMMAND -h` prints a short help, `moshi-mlx COMMAND --help` the long one, which has the text of this page. An
      installation has a man page for each command, such as `man moshi-mlx-run`.

      stdout carries what was asked for and nothing else; progress, warnings and errors go to stderr. A run that fails leaves no
      half-written output in place of an earlier one.
      """;

  private final StringBuilder page = new StringBuilder(START);

  private CommandReference() {}

  /** Takes the file to write. */
  public static void main(String[] arguments) throws IOException {
    Files.writeString(Path.of(arguments[0]), text());
  }

  /** The page. */
  static String text() {
    CommandSpec root =
        new CommandLine(new MoshiMlx(Terminal.ofProcess(), Map.of())).getCommandSpec();
    CommandReference reference = new CommandReference();
    reference.list(
        "Exit status",
        root.usageMessage().exitCodeList().entrySet().stream()
            .map(status -> item(status.getKey(), Arguments.text(status.getValue())))
            .toList());
    reference.options("Options of every command", Arguments.general(root));
    Arguments.commands(root).forEach(reference::command);
    return reference.page.toString();
  }

  private void command(CommandSpec command) {
    page.append("\n## ").append(command.qualifiedName()).append("\n\n");
    page.append(escape(Arguments.header(command))).append('\n');
    code(List.of(command.usageMessage().customSynopsis()));
    for (String line : command.usageMessage().description()) {
      // Lines that are indented are an example.
      String text = Arguments.text(line);
      page.append(line.startsWith("  ") ? "\n    " + text.strip() : "\n" + escape(text) + "\n");
    }
    page.append(page.charAt(page.length() - 1) == '\n' ? "" : "\n");
    list(
        "Commands",
        Arguments.subcommands(command).stream()
            .map(sub ->
                "- [`%s`](#%s) – %s"
                    .formatted(sub.name(), ManPages.name(sub), escape(Arguments.header(sub))))
            .toList());
    list(
        "Parameters",
        command.positionalParameters().stream()
            .map(p -> item(p.paramLabel(), Arguments.text(p.description())))
            .toList());
    options("Options", Arguments.ungrouped(command));
    for (ArgGroupSpec group : command.argGroups()) {
      options(Arguments.heading(group), group.allOptionsNested());
    }
    List<String> examples = Stream.of(command.usageMessage().footer()).map(String::strip).toList();
    if (!examples.isEmpty()) {
      page.append("\n**Examples**\n");
      code(examples.stream().map(Arguments::text).toList());
    }
  }

  private void options(String title, List<OptionSpec> options) {
    list(title, options.stream().map(CommandReference::item).toList());
  }

  private void list(String title, List<String> items) {
    if (!items.isEmpty()) {
      page.append("\n**%s**\n\n".formatted(title)).append(String.join("\n", items)).append('\n');
    }
  }

  private void code(List<String> lines) {
    page.append("\n```sh\n").append(String.join("\n", lines)).append("\n```\n");
  }

  private static String item(OptionSpec option) {
    String names = Stream.of(option.names()).collect(Collectors.joining(", "));
    String value = Arguments.takesValue(option) ? " " + option.paramLabel() : "";
    return item(names + value, Arguments.text(option.description()));
  }

  private static String item(String term, String text) {
    return "- `%s` – %s".formatted(term, escape(text));
  }

  private static String escape(String text) {
    return text.replace("*", "\\*").replace("<", "&lt;");
  }
}
