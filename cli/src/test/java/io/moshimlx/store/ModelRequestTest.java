package io.moshimlx.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.moshimlx.Variables;
import io.moshimlx.checkpoint.Precision;
import io.moshimlx.store.ModelRequest.Origin;
import io.moshimlx.store.ModelRequest.Wish;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is typed wins over the environment, and that over the file of defaults. */
class ModelRequestTest {
  private static final VoiceBook BOOK =
      VoiceBook.of(new Variables(Map.of("XDG_CONFIG_HOME", "/none")));

  /** A wish of the table, such as "typed moshika"; "-" is none. */
  private static <T> Optional<Wish<T>> wish(String text, Function<String, T> value) {
    if (text.equals("-")) {
      return Optional.empty();
    }
    String[] words = text.split(" ", 2);
    Origin origin =
        switch (words[0]) {
          case "typed" -> Origin.TYPED;
          case "environment" -> Origin.ENVIRONMENT;
          case "defaults" -> Origin.DEFAULTS;
          default -> throw new IllegalArgumentException(text);
        };
    return Optional.of(new Wish<>(value.apply(words[1]), origin));
  }

  private static ModelRequest of(String model, String voice, String precision) {
    return ModelRequest.of(
        wish(model, name -> name),
        wish(voice, name -> name),
        wish(precision, Precision::named),
        wish -> BOOK.find(wish.value()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // model              | voice               | precision   | name          | voice   |
        // precision
        "-                    | -                   | -           | -             | -       | -",
        "typed moshiko        | -                   | -           | moshiko       | -       | -",
        "defaults moshiko     | -                   | -           | moshiko       | -       | -",
        "-                    | typed moshika       | -           | moshika       | moshika | -",
        "-                    | environment moshika | -           | moshika       | moshika | -",
        "-                    | typed NATF2         | -           | personaplex   | NATF2   | -",
        // A precision alone means moshiko.
        "-                    | -                   | typed q4    | moshiko       | -       | q4",
        "-                    | -                   | defaults q6 | moshiko       | -       | q6",
        // What is typed displaces what is not.
        "typed moshiko        | environment moshika | -           | moshiko       | -       | -",
        "typed moshika-q8     | environment moshika | -           | moshika-q8    | -       | -",
        "typed moshiko        | defaults moshika    | -           | moshiko       | -       | -",
        "defaults moshiko     | typed moshika       | -           | moshika       | moshika | -",
        "defaults moshiko     | environment moshika | -           | moshika       | moshika | -",
        // Both hold if they go together.
        "typed moshika-q8     | typed moshika       | -           | moshika-q8    | moshika | -",
        "defaults moshika-q8  | environment moshika | -           | moshika-q8    | moshika | -",
        "typed org/persona    | typed NATF2         | -           | org/persona   | NATF2   | -",
        // A precision that is not typed is for models that come in it.
        "typed moshiko        | -                   | defaults q8 | moshiko       | -       | q8",
        "typed moshiko-q4     | -                   | defaults q8 | moshiko-q4    | -       | -",
        "typed moshiko-q4     | -                   | typed q8    | moshiko-q4    | -       | q8",
        "typed hibiki-1b-q4   | -                   | defaults q8 | hibiki-1b-q4  | -       | -",
        "typed hibiki-1b      | -                   | defaults q8 | hibiki-1b     | -       | q8",
        "-                    | typed moshika       | defaults q6 | moshika       | moshika | q6",
      })
  void precedence(
      String model,
      String voice,
      String precision,
      String name,
      String foundVoice,
      String foundPrecision) {
    ModelRequest request = of(model, voice, precision);
    assertEquals(name, request.name().orElse("-"));
    assertEquals(foundVoice, request.voice().map(Voice::name).orElse("-"));
    assertEquals(foundPrecision, request.precision().map(Precision::label).orElse("-"));
    assertFalse(request.isContradictory());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "typed moshiko    | typed moshika",
        "typed demo       | typed NATF2",
        "defaults moshiko | defaults moshika",
      })
  void equalWishesThatDoNotGoTogetherContradictEachOther(String model, String voice) {
    assertTrue(of(model, voice, "-").isContradictory());
  }

  @Test
  void aVoiceThatIsDisplacedIsNotLookedFor() {
    ModelRequest request =
        ModelRequest.of(
            wish("typed demo", name -> name),
            wish("environment none", name -> name),
            Optional.empty(),
            _ -> fail("looked for"));
    assertEquals(Optional.of("demo"), request.name());
  }
}
