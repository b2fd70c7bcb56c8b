package io.moshimlx.model;

import io.moshimlx.JsonConfig;
import io.moshimlx.checkpoint.LmConfig;
import io.moshimlx.checkpoint.Quantization;
import io.moshimlx.checkpoint.Sampling;
import io.moshimlx.mlx.Safetensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One checkpoint with upstream's outputs on it, made by scripts/make-goldens.
 *
 * @param weights the checkpoint's file, where it is not the usual one
 */
public record Golden(
    Path directory,
    Optional<Path> weights,
    Map<String, int[]> shapes,
    Map<String, float[]> values) {
  private static final Path ALL = Path.of("src/test/resources/goldens");

  /** The golden of a folder, or that of a certain checkpoint in it. */
  public static Golden of(String name) {
    Path path = ALL.resolve(name);
    boolean file = Files.isRegularFile(path);
    Path directory = file ? path.getParent() : path;
    Map<String, int[]> shapes = new LinkedHashMap<>();
    Map<String, float[]> values = new LinkedHashMap<>();
    Safetensors.load(directory.resolve("expected.safetensors"))
        .forEach((key, array) -> {
          shapes.put(key, array.shape());
          values.put(key, array.toFloats());
          array.close();
        });
    return new Golden(directory, file ? Optional.of(path) : Optional.empty(), shapes, values);
  }

  public LmConfig config() {
    return LmConfig.read(directory.resolve("config.json"));
  }

  /** The coefficient of guidance that the model asks for. */
  public double cfgCoef() {
    return Sampling.Defaults.read(JsonConfig.read(directory.resolve("config.json"))).cfgCoef();
  }

  /** The checkpoint, as a user's machine would load it. */
  public Lm load() {
    Path file = weights.orElseGet(this::usualWeights);
    return Lm.load(config(), file, quantization(file), Optional.empty());
  }

  Lm load(ComputePlan plan) {
    Path file = weights.orElseGet(this::usualWeights);
    return Lm.load(config(), file, quantization(file), plan);
  }

  private Path usualWeights() {
    try (var files = Files.list(directory)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("model."))
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Quantization quantization(Path weights) {
    return Quantization.ofFile(weights.getFileName().toString());
  }

  public int steps() {
    return shapes.get("text_tokens")[0];
  }

  /** A row of a tensor of whole numbers. */
  public int[] tokens(String key, int row) {
    float[] all = values.get(key);
    int width = all.length / shapes.get(key)[0];
    int[] tokens = new int[width];
    for (int i = 0; i < width; i++) {
      tokens[i] = (int) all[row * width + i];
    }
    return tokens;
  }

  /** A row of a tensor, or of its flattened leading dimensions. */
  float[] row(String key, int row, int width) {
    return Arrays.copyOfRange(values.get(key), row * width, (row + 1) * width);
  }
}
