package io.moshimlx.command;

import io.moshimlx.UserException;
import io.moshimlx.mlx.DType;
import io.moshimlx.model.Quantization;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;

/** Which model, in which precision. */
final class ModelOptions {
  static final String DEMO = "demo";

  /** The folder of the demo model; set by the launcher. */
  private static final String DEMO_FOLDER = "moshimlx.demo";

  @Option(
      names = "--model",
      paramLabel = "DIR|demo",
      description = {
        "Folder of a model: weights, codec, tokenizer and config.json.",
        "'demo' is a tiny untrained one that is built in: it proves an installation, and babbles."
      })
  private String model;

  @Option(
      names = "--quant",
      paramLabel = "q4|q6|q8|bf16",
      converter = QuantizationConverter.class,
      description = "Which of the folder's weights; by default those that config.json names.")
  private Quantization quantization;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      converter = DTypeConverter.class,
      description = {
        "Compute in float32, bfloat16 or float16; by default as the weights are stored on a GPU, "
            + "float32 on a CPU."
      })
  private DType dtype;

  /** The model as the user named it, or null where none was named. */
  String name() {
    return model;
  }

  Path folder() {
    return folder(model);
  }

  /** The folder of the model of this name. */
  static Path folder(String model) {
    if (!model.equals(DEMO)) {
      return Path.of(model);
    }
    String folder = System.getProperty(DEMO_FOLDER);
    if (folder == null || !Files.isDirectory(Path.of(folder))) {
      throw new UserException(
          "the demo model is not part of this installation (%s); start it with scripts/moshi-mlx"
              .formatted(folder == null ? DEMO_FOLDER + " is not set" : folder + " is missing"));
    }
    return Path.of(folder);
  }

  Optional<Quantization> quantization() {
    return Optional.ofNullable(quantization);
  }

  Optional<DType> dtype() {
    return Optional.ofNullable(dtype);
  }

  private static final class QuantizationConverter implements ITypeConverter<Quantization> {
    @Override
    public Quantization convert(String value) {
      return Choices.choose(value, Quantization.USUAL, Quantization::label);
    }
  }

  private static final class DTypeConverter implements ITypeConverter<DType> {
    @Override
    public DType convert(String value) {
      return Choices.choose(
          value, List.of(DType.FLOAT32, DType.BFLOAT16, DType.FLOAT16), Choices::lowerCase);
    }
  }
}
