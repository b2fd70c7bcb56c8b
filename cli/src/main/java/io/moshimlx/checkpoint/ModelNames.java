package io.moshimlx.checkpoint;

import io.moshimlx.JsonConfig;
import io.moshimlx.UserException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The names of the files that a model consists of, as far as its {@code config.json} says; they are
 * plain names of files in one folder. Whether the files are there is another question.
 *
 * @param weights the language model, under one of these names, the likeliest first
 * @param mimi the codec
 * @param mimiConfig the codec's sizes, where they are not the usual ones
 * @param tokenizer the SentencePiece model
 * @param voices the archive of stored voices, of a model that takes prompts; it may be missing
 */
public record ModelNames(
    List<String> weights,
    String mimi,
    Optional<String> mimiConfig,
    String tokenizer,
    Optional<String> voices) {
  /** The file that names the others, where there is one. */
  public static final String CONFIG = "config.json";

  private static final String WEIGHTS = "model.safetensors";

  /** The archive of PersonaPlex's stored voices. */
  public static final String VOICES = "voices.tgz";

  private static final String MIMI = "tokenizer-e351c8d8-checkpoint125.safetensors";
  private static final String TOKENIZER = "tokenizer_spm_32k_3.model";

  /**
   * The names of a model whose {@code config.json}, if it has one, is in this folder.
   *
   * @param wanted the precision wanted, or empty for the one that the model names
   * @throws UserException if {@code config.json} cannot be used
   */
  public static ModelNames of(Path directory, Optional<Precision> wanted) {
    return of(config(directory), wanted);
  }

  /** The names of a model without a {@code config.json}. */
  public static ModelNames usual(Optional<Precision> wanted) {
    return of(Optional.empty(), wanted);
  }

  static Optional<JsonConfig> config(Path directory) {
    Path file = directory.resolve(CONFIG);
    return Files.exists(file) ? Optional.of(JsonConfig.read(file)) : Optional.empty();
  }

  /** The names of a model with that configuration. */
  static ModelNames of(Optional<JsonConfig> json, Optional<Precision> wanted) {
    return new ModelNames(
        weights(named(json, "moshi_name"), wanted, json.map(ModelNames::bits).orElse(0)),
        named(json, "mimi_name").orElse(MIMI),
        named(json, "mimi_config_name"),
        named(json, "tokenizer_name").orElse(TOKENIZER),
        json.filter(LmConfig::isPersonaPlex).map(_ -> VOICES));
  }

  private static Optional<String> named(Optional<JsonConfig> json, String key) {
    return json.flatMap(j -> j.sibling(key)).map(file -> file.getFileName().toString());
  }

  /** How many bits mlx-lm and its kin say that a value takes; 0 where nothing is quantised. */
  private static int bits(JsonConfig json) {
    return Stream.of("quantization", "quantization_config")
        .filter(json::isObject)
        .findFirst()
        .map(key -> json.requireObject(key).integer("bits", 0, 0, Integer.SIZE))
        .orElse(0);
  }

  /**
   * The names that weights may have.
   *
   * @param bits of the file under a name that does not say; 0 if it is not quantised
   */
  private static List<String> weights(
      Optional<String> named, Optional<Precision> wanted, int bits) {
    if (wanted.isPresent()) {
      String usual = named.orElse(WEIGHTS);
      boolean plain = Precision.ofFile(usual).bits() == 0;
      boolean quantised = plain && bits > 0;
      return Stream.concat(
              inPrecision(usual, wanted.orElseThrow()).stream()
                  .filter(name -> !(quantised && name.equals(usual))),
              Stream.of(usual).filter(_ -> quantised && wanted.orElseThrow().bits() == bits))
          .toList();
    }
    return named
        .map(List::of)
        .orElseGet(() ->
            Stream.of(Precision.NONE, Precision.Q8, Precision.Q4)
                .flatMap(precision -> inPrecision(WEIGHTS, precision).stream())
                .toList());
  }

  private static Optional<String> inPrecision(String name, Precision wanted) {
    String suffix = Precision.ofFile(name).suffix();
    return name.endsWith(suffix)
        ? Optional.of(name.substring(0, name.length() - suffix.length()) + wanted.suffix())
        : Optional.empty();
  }
}
