package io.moshimlx.command;

import io.moshimlx.UserException;
import io.moshimlx.Variables;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.PropertiesDefaultProvider;

/**
 * The user's defaults of options, {@code defaults.properties} in the configuration folder.
 *
 * <p>picocli reads the values, by its own keys: {@code moshi-mlx.run.quant} is the option of one
 * command, {@code quant} that of all. This class adds the reports that picocli lacks: unknown keys,
 * and the file as the source of a wrong value.
 */
final class DefaultsFile implements IDefaultValueProvider {
  static final String NAME = "defaults.properties";

  private static final Pattern OPTION = Pattern.compile("--[a-z][a-z-]*");

  private final Path file;
  private final Properties properties = new Properties();
  private final IDefaultValueProvider values;

  private DefaultsFile(Path file) {
    this.file = file;
    values = new PropertiesDefaultProvider(properties);
  }

  /**
   * The defaults of a user; none if there is no file.
   *
   * @throws UserException if the file cannot be read
   */
  static DefaultsFile of(Variables variables) {
    DefaultsFile defaults = new DefaultsFile(variables.configFolder().resolve(NAME));
    defaults.load();
    defaults.properties.replaceAll((_, value) -> plain(value.toString(), variables));
    return defaults;
  }

  /** Expands the home folder, which no shell does, and strips blanks, which Properties does not. */
  private static String plain(String value, Variables variables) {
    String text = value.strip();
    return text.startsWith("~/") ? variables.inHome(text).toString() : text;
  }

  private void load() {
    try {
      String text = Files.readString(file);
      // Some editors begin UTF-8 with an invisible mark.
      properties.load(new StringReader(text.startsWith("\uFEFF") ? text.substring(1) : text));
    } catch (NoSuchFileException e) {
      // Nothing is set.
    } catch (CharacterCodingException e) {
      throw new UserException(file + " is not UTF-8 text", "save it as UTF-8", e);
    } catch (IllegalArgumentException e) {
      throw new UserException(
          "%s has a \\u without four hexadecimal digits after it".formatted(file),
          "write a backslash as \\\\",
          e);
    } catch (IOException e) {
      throw UserException.cannotRead(
          file, e, "repair or remove this file, which holds your defaults of options");
    }
  }

  @Override
  public String defaultValue(ArgSpec option) throws Exception {
    return values.defaultValue(option);
  }

  /** A sentence for each key that sets nothing. */
  List<String> unknownKeys(CommandSpec root) {
    DefaultKeys known = new DefaultKeys(root);
    return properties.stringPropertyNames().stream()
        .sorted()
        .filter(key -> !known.contains(key))
        .map(key -> "%s: '%s' sets no option; %s".formatted(file, key, known.remedy(key)))
        .toList();
  }

  /**
   * The options of a fault that this file sets, as the end of its message: " (PATH sets --top-k)";
   * "" if the file sets none of them.
   */
  String origin(ParameterException fault) {
    String names =
        ours(fault).map(OptionSpec::longestName).distinct().collect(Collectors.joining(" and "));
    return names.isEmpty() ? "" : " (%s sets %s)".formatted(file, names);
  }

  private Stream<OptionSpec> ours(ParameterException fault) {
    CommandLine command = fault.getCommandLine();
    return switch (fault) {
      case MissingParameterException typed -> Stream.empty();
      // picocli names the option whose value it cannot convert; our own checks name it in words.
      case ParameterException known when known.getArgSpec() instanceof OptionSpec option ->
          Stream.of(option).filter(_ -> isOurs(option, known.getValue()));
      default ->
          options(fault.getMessage(), command)
              .filter(option ->
                  value(option) != null && !command.getParseResult().hasMatchedOption(option));
    };
  }

  private static Stream<OptionSpec> options(String message, CommandLine command) {
    return OPTION
        .matcher(message)
        .results()
        .map(match -> command.getCommandSpec().findOption(match.group()))
        .filter(option -> option != null);
  }

  private boolean isOurs(OptionSpec option, String value) {
    return value != null && value.equals(value(option));
  }

  private String value(OptionSpec option) {
    try {
      return defaultValue(option);
    } catch (Exception e) {
      throw new IllegalStateException("a map of texts cannot fail", e);
    }
  }
}
