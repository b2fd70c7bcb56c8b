package io.moshimlx.checkpoint;

import io.moshimlx.JsonConfig;
import io.moshimlx.StandIn;
import io.moshimlx.UserException;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.MlxException;
import io.moshimlx.mlx.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The files of a model directory.
 *
 * <p>{@code config.json} names them ({@code moshi_name}, {@code mimi_name}, {@code
 * mimi_config_name}, {@code tokenizer_name}); without it, or without a key, the usual names and the
 * Moshi 7B configuration hold.
 *
 * @param directory the model's folder
 * @param config the language model's configuration
 * @param sampling the sampling settings that the model asks for ({@code lm_gen_config})
 * @param weights the language model's safetensors file
 * @param precision how {@code weights} is stored
 * @param mimi the codec's safetensors file
 * @param mimiConfig the codec's sizes, where they are not the usual ones
 * @param tokenizer the SentencePiece model
 */
public record ModelFiles(
    Path directory,
    LmConfig config,
    Sampling.Defaults sampling,
    Path weights,
    Precision precision,
    Path mimi,
    Optional<Path> mimiConfig,
    Path tokenizer) {

  /**
   * Finds the files of a model directory; reads nothing but {@code config.json} and the header of
   * the weights.
   *
   * @param precision the precision wanted, or empty for the one that is there
   * @throws UserException naming what is missing or wrong
   */
  public static ModelFiles find(Path directory, Optional<Precision> precision) {
    if (!Files.isDirectory(directory)) {
      throw new UserException(
          directory + " is not a folder",
          "give --model a folder that holds a Moshi model, or 'demo'");
    }
    Optional<JsonConfig> json = ModelNames.config(directory);
    ModelNames names = ModelNames.of(json, precision);
    Path weights = weights(directory, names.weights(), precision);
    StandIn.refuse(weights);
    return new ModelFiles(
        directory,
        json.map(LmConfig::read).orElseGet(LmConfig::moshi7b),
        json.map(Sampling.Defaults::read).orElse(Sampling.Defaults.UPSTREAM),
        weights,
        Precision.of(weights),
        binary(directory.resolve(names.mimi()), "audio codec"),
        names.mimiConfig().map(directory::resolve).map(p -> text(p, "codec configuration")),
        text(directory.resolve(names.tokenizer()), "tokenizer"));
  }

  /**
   * Whether a folder holds weights in a precision.
   *
   * @throws UserException if {@code config.json} cannot be used
   */
  public static boolean holds(Path directory, Precision precision) {
    Optional<Precision> wanted = Optional.of(precision);
    return Files.isDirectory(directory)
        && !found(directory, ModelNames.of(directory, wanted).weights(), wanted).isEmpty();
  }

  /**
   * The name of what the weights are stored in: {@code q4}, {@code q6} or {@code q8}, or else
   * {@code bf16}, {@code float16} or {@code float32}, the type that takes most of the file.
   *
   * @throws MlxException if it is not a safetensors file
   */
  public String storedAs() {
    if (precision.isQuantized()) {
      return precision.label();
    }
    Map<DType, Long> bytes =
        Safetensors.header(weights).values().stream()
            .filter(tensor -> tensor.dtype().isFloating())
            .collect(
                Collectors.groupingBy(
                    Safetensors.Entry::dtype, Collectors.summingLong(Safetensors.Entry::bytes)));
    return bytes.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(most -> precision.label(most.getKey()))
        .orElseGet(precision::label);
  }

  /** All that the model consists of, its {@code config.json} included where it has one. */
  public List<Path> all() {
    Path config = weights.resolveSibling(ModelNames.CONFIG);
    return Stream.of(
            Optional.of(weights),
            Optional.of(mimi),
            mimiConfig,
            Optional.of(tokenizer),
            Optional.of(config).filter(Files::exists))
        .flatMap(Optional::stream)
        .toList();
  }

  /** The same model with other weights. */
  public ModelFiles withWeights(Path file) {
    return new ModelFiles(
        directory, config, sampling, file, Precision.of(file), mimi, mimiConfig, tokenizer);
  }

  private static Path binary(Path file, String what) {
    StandIn.refuse(present(file, what));
    return file;
  }

  /** A text, or a file that is checked as a whole when it is read. */
  private static Path text(Path file, String what) {
    StandIn.refuseText(present(file, what));
    return file;
  }

  private static Path present(Path file, String what) {
    if (!Files.isRegularFile(file)) {
      throw new UserException(
          "%s is missing: it is the model's %s".formatted(file, what), "download the model again");
    }
    return file;
  }

  /** The likeliest of the named files, or those that may be meant. */
  private static List<Path> found(Path directory, List<String> named, Optional<Precision> wanted) {
    List<Path> likeliest =
        named.stream()
            .limit(1)
            .map(directory::resolve)
            .filter(Files::isRegularFile)
            .filter(file -> isIn(file, wanted))
            .toList();
    return likeliest.isEmpty() ? candidates(directory, wanted) : likeliest;
  }

  /** The likeliest of the named files, or the only one there is. */
  private static Path weights(Path directory, List<String> named, Optional<Precision> wanted) {
    List<Path> candidates = found(directory, named, wanted);
    if (candidates.size() == 1) {
      return candidates.getFirst();
    }
    String what = wanted.map(q -> q.label() + " ").orElse("");
    if (candidates.isEmpty()) {
      throw new UserException(
          "%s holds no %sweights%s"
              .formatted(directory, what, wanted.isPresent() ? "" : " (" + named.getFirst() + ")"),
          wanted.isPresent()
              ? "choose another --quant, or a folder that has them"
              : "download the model again");
    }
    throw new UserException(
        "%s holds several %sweights (%s)"
            .formatted(
                directory,
                what,
                String.join(
                    ", ", candidates.stream().map(p -> p.getFileName().toString()).toList())),
        "choose one with --quant");
  }

  /** Whether a file is in the precision wanted; of one that cannot be read, its name decides. */
  private static boolean isIn(Path file, Optional<Precision> wanted) {
    if (wanted.isEmpty()) {
      return true;
    }
    Precision found;
    try {
      found = Precision.of(file);
    } catch (MlxException | UserException e) {
      found = Precision.ofFile(file.getFileName().toString());
    }
    return found.sameBits(wanted.orElseThrow());
  }

  /** Files that by their name are a language model, in name order. */
  private static List<Path> candidates(Path directory, Optional<Precision> wanted) {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.getFileName().toString().matches("model.*\\.safetensors"))
          .filter(file -> isIn(file, wanted))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UserException(directory + " cannot be read", "check its permissions", e);
    }
  }
}
