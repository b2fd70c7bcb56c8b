package io.moshimlx.command;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Scripts that complete the words of a command line, for three shells. */
final class Completions {
  private final CommandSpec root;

  Completions(CommandSpec root) {
    this.root = root;
  }

  /** For bash, also the 3.2 of macOS. */
  String bash() {
    return """
    # bash completion for %1$s, generated from its command definitions

    _moshi_mlx() {
      local i word command="" options="" words="" files="" cur="${COMP_WORDS[COMP_CWORD]}" prev="" IFS=$' \\t\\n'
      [ "$COMP_CWORD" -lt 1 ] || prev="${COMP_WORDS[COMP_CWORD - 1]}"
      # bash takes --option=value for three words.
      case "$cur" in =) cur="" ;; *) [ "$prev" != "=" ] || prev="${COMP_WORDS[COMP_CWORD - 2]}" ;; esac
      for ((i = 1; i < COMP_CWORD; i++)); do
        word="${COMP_WORDS[i]}"
        case "$command $word" in
          %2$s) command="$command $word" ;;
        esac
      done
      case "$command:$prev" in
    %3$s    *) case "$command" in
    %4$s    esac ;;
      esac
      case "$cur" in -*) words="$options" ;; esac
      # shellcheck disable=SC2207 # bash 3.2 has no mapfile
      COMPREPLY=($(compgen -W "$words" -- "$cur"))
      if [ -n "$files" ]; then
        compopt -o filenames 2>/dev/null
        while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$cur")
      fi
    }
    complete -F _moshi_mlx %1$s
    """
        .formatted(
            root.qualifiedName(),
            Arguments.commands(root).stream()
                .skip(1)
                .map(command -> "'" + path(command) + "'")
                .collect(Collectors.joining(" | ")),
            Arguments.commands(root).stream()
                .flatMap(command ->
                    Arguments.options(command).stream()
                        .filter(Arguments::takesValue)
                        .map(option -> bashOption(path(command), option)))
                .collect(Collectors.joining()),
            Arguments.commands(root).stream().map(this::bashCommand).collect(Collectors.joining()));
  }

  private static String bashOption(String path, OptionSpec option) {
    String patterns =
        Stream.of(option.names())
            .map(name -> "'%s:%s'".formatted(path, name))
            .collect(Collectors.joining(" | "));
    return "    %s) %s ;;\n".formatted(patterns, bashValue(Arguments.words(option), option));
  }

  private String bashCommand(CommandSpec command) {
    String options =
        Arguments.options(command).stream()
            .flatMap(option -> Stream.of(option.names()))
            .collect(Collectors.joining(" "));
    return "      '%s') options='%s' %s ;;\n"
        .formatted(path(command), options, bashValue(operands(command), command));
  }

  private static String bashValue(List<String> words, ArgSpec argument) {
    return "words='%s' files=%s"
        .formatted(String.join(" ", words), isFile(words, argument) ? "yes" : "");
  }

  private static String bashValue(List<String> words, CommandSpec command) {
    boolean files = command.positionalParameters().stream().anyMatch(Arguments::mayBeFile);
    return "words='%s' files=%s"
        .formatted(String.join(" ", words), files && words.isEmpty() ? "yes" : "");
  }

  /** For zsh, which runs the script for bash. */
  String zsh() {
    return """
    #compdef %1$s
    autoload -U +X bashcompinit && bashcompinit

    %2$s
    # This file is the function that zsh calls first, and not again.
    _bash_complete -o default -F _moshi_mlx
    """
        .formatted(root.qualifiedName(), bash());
  }

  /** For fish, with descriptions. */
  String fish() {
    StringBuilder text =
        new StringBuilder(
            """
            # fish completion for %s, generated from its command definitions

            # Whether the words before the cursor lead to this command.
            function __moshi_mlx_at --argument-names wanted
                set -l command ''
                for word in (commandline -opc)[2..-1]
                    if contains -- "$command $word" %s
                        set command "$command $word"
                    end
                end
                test "$command" = "$wanted"
            end

            complete -c %s -f
            """
                .formatted(
                    root.qualifiedName(),
                    Arguments.commands(root).stream()
                        .skip(1)
                        .map(command -> "'" + path(command) + "'")
                        .collect(Collectors.joining(" ")),
                    root.qualifiedName()));
    for (CommandSpec command : Arguments.commands(root)) {
      for (CommandSpec sub : Arguments.subcommands(command)) {
        fishLine(text, command, "-a %s -d %s".formatted(sub.name(), quote(Arguments.header(sub))));
      }
      Arguments.options(command).forEach(option -> fishLine(text, command, fishOption(option)));
      for (ArgSpec operand : command.positionalParameters()) {
        fishLine(text, command, fishValue(operand));
      }
    }
    return text.toString();
  }

  private void fishLine(StringBuilder text, CommandSpec command, String rest) {
    text.append(
        "complete -c %s -n \"__moshi_mlx_at '%s'\" %s\n"
            .formatted(root.qualifiedName(), path(command), rest));
  }

  private static String fishOption(OptionSpec option) {
    String names =
        Stream.of(option.names())
            .map(name -> name.startsWith("--") ? "-l " + name.substring(2) : "-s " + name.charAt(1))
            .collect(Collectors.joining(" "));
    String value = Arguments.takesValue(option) ? " -r " + fishValue(option) : "";
    return names + value + " -d " + quote(Arguments.summary(option));
  }

  private static String fishValue(ArgSpec argument) {
    List<String> words = Arguments.words(argument);
    String files = isFile(words, argument) ? "-F" : "-f";
    return words.isEmpty() ? files : files + " -a " + quote(String.join(" ", words));
  }

  private static String quote(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }

  /** Words need no files beside them, unless a folder will do as well as a name. */
  private static boolean isFile(List<String> words, ArgSpec argument) {
    boolean fixed = argument.paramLabel().contains("|") && !words.isEmpty();
    return Arguments.mayBeFile(argument) && !fixed;
  }

  /** What may follow a command: subcommands and operands. */
  private static List<String> operands(CommandSpec command) {
    return Stream.concat(
            Arguments.subcommands(command).stream().map(CommandSpec::name),
            command.positionalParameters().stream().flatMap(p -> Arguments.words(p).stream()))
        .toList();
  }

  /** The words that lead to a command, each with a space before it; empty for the tool itself. */
  private String path(CommandSpec command) {
    return command.qualifiedName().substring(root.qualifiedName().length());
  }
}
