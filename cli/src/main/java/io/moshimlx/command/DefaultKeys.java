package io.moshimlx.command;

import io.moshimlx.Nearest;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The keys by which picocli looks up defaults in properties. */
final class DefaultKeys {
  private final SortedSet<String> known = new TreeSet<>();

  /** The keys of a command and all below it. */
  DefaultKeys(CommandSpec root) {
    collect(root);
  }

  private void collect(CommandSpec command) {
    for (ArgSpec argument : command.args()) {
      name(argument)
          .ifPresent(name -> {
            known.add(name);
            known.add(command.qualifiedName(".") + "." + name);
          });
    }
    command.subcommands().values().forEach(child -> collect(child.getCommandSpec()));
  }

  /** The part of a key after the command; empty for help and version, which have no default. */
  private static Optional<String> name(ArgSpec argument) {
    return switch (argument) {
      case OptionSpec option when option.usageHelp() || option.versionHelp() -> Optional.empty();
      case OptionSpec option -> Optional.of(option.longestName().replaceFirst("^-+", ""));
      case PositionalParamSpec positional -> Optional.of(positional.paramLabel());
      default -> throw new IllegalStateException("neither option nor parameter: " + argument);
    };
  }

  boolean contains(String key) {
    return known.contains(key);
  }

  /** The remedy for an unknown key. */
  String remedy(String key) {
    List<String> nearest = nearest(key);
    return nearest.isEmpty()
        ? "use keys such as moshi-mlx.run.quant; see 'moshi-mlx run --help'"
        : "did you mean %s?".formatted(String.join(", ", nearest));
  }

  /** Keys that may have been meant: a longer one, another option, another command. */
  private List<String> nearest(String key) {
    String option = optionOf(key);
    String command = key.substring(0, key.length() - option.length());
    List<String> longer = known.stream().filter(name -> name.endsWith("." + key)).toList();
    if (!longer.isEmpty()) {
      return longer;
    }
    List<String> siblings =
        known.stream().filter(name -> name.equals(command + optionOf(name))).toList();
    return siblings.isEmpty()
        ? Nearest.to(key, known, List::of).stream().limit(1).toList()
        : Nearest.to(option, siblings, name -> List.of(optionOf(name)));
  }

  private static String optionOf(String key) {
    return key.substring(key.lastIndexOf('.') + 1);
  }
}
