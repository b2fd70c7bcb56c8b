package io.moshimlx;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The variables of an environment; an empty one counts as unset. */
public final class Variables {
  private static final Pattern REFERENCE = Pattern.compile("\\$(?:(\\w+)|\\{(\\w+)\\})");

  private final Map<String, String> environment;

  public Variables(Map<String, String> environment) {
    this.environment = environment;
  }

  /** The value of a variable, without the blanks around it. */
  public Optional<String> value(String variable) {
    return Optional.ofNullable(environment.get(variable))
        .map(String::strip)
        .filter(text -> !text.isEmpty());
  }

  /** The user's home. */
  public Path home() {
    return Path.of(value("HOME").orElse(System.getProperty("user.home")));
  }

  /** The folder or file that a variable names, with "~" and variables in it replaced. */
  public Optional<Path> path(String variable) {
    return value(variable).map(this::withReferences);
  }

  /** The folder for what the user has configured; by the XDG rules, a relative one is none. */
  public Path configFolder() {
    return path("XDG_CONFIG_HOME")
        .filter(Path::isAbsolute)
        .orElse(home().resolve(".config"))
        .resolve("moshi-mlx");
  }

  private Path withReferences(String text) {
    return inHome(
        REFERENCE
            .matcher(text)
            .replaceAll(match -> {
              String name = match.group(1) == null ? match.group(2) : match.group(1);
              return Matcher.quoteReplacement(environment.getOrDefault(name, match.group()));
            }));
  }

  /** A path in which "~" at the start is the user's home. */
  public Path inHome(String path) {
    return path.equals("~") || path.startsWith("~/")
        ? home().resolve(path.substring(1).replaceFirst("^/+", ""))
        : Path.of(path);
  }
}
