package io.moshimlx.command;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine.TypeConversionException;

/** Options that take one of a few words. */
final class Choices {
  private Choices() {}

  /**
   * The value whose label the user gave.
   *
   * @throws TypeConversionException naming the choices, if it is none of them
   */
  static <T> T choose(String given, List<T> values, Function<? super T, String> label) {
    return values.stream()
        .filter(value -> label.apply(value).equals(given))
        .findFirst()
        .orElseThrow(() ->
            new TypeConversionException(
                "'%s' is none of %s"
                    .formatted(
                        given, values.stream().map(label).collect(Collectors.joining(", ")))));
  }

  /** The label of a constant that is its name. */
  static String lowerCase(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
