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

  /** What {@code --quant} alone means. */
  private static final String USUAL = "moshiko";

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      completionCandidates = ModelNameCandidates.OrDemo.class,
      description = {
        "A name that 'moshi-mlx models' lists (moshiko-q4, or moshiko with --quant), a repository of "
            + "the Hugging Face hub (org/name), or a folder with weights, codec, tokenizer and "
            + "config.json; with --quant alone it is moshiko.",
        "'demo' is a tiny untrained one that is built in: it proves an installation, and babbles."
      })
  private String model;

  @Option(
      names = "--quant",
      paramLabel = "q4|q6|q8|bf16",
      converter = QuantizationConverter.class,
      description =
          "The precision: which of the model's weights; by default those that the name or "
              + "config.json names.")
  private Quantization quantization;

  @Option(
      names = "--dtype",
      paramLabel = "float32|bfloat16|float16",
      converter = DTypeConverter.class,
      description = {
        "Compute in float32, bfloat16 or float16; by default as the weights are stored on a GPU, "
            + "float32 on a CPU."
      })
  private DType dtype;

  /**
   * Where a model is.
   *
   * @param folder holds its files, once what is missing is fetched
   * @param quantization its precision, where that is known
   * @param missing what has to be fetched first
   */
  record Located(
      Path folder, Optional<Quantization> quantization, Optional<ModelStore.Fetch> missing) {}

  /** The model as the user named it, or null where none was named. */
  String name() {
    return model == null && quantization != null ? USUAL : model;
  }

  /**
   * Finds the model; where it has to be fetched, the user has agreed to that.
   *
   * @throws UserException if there is no such model, or it may not be fetched
   */
  Located locate(ModelStore store, FetchOptions fetching) {
    Optional<HubModel> named = inHub();
    if (named.isEmpty()) {
      return new Located(onDisk(), Optional.ofNullable(quantization), Optional.empty());
    }
    HubModel model = named.orElseThrow();
    Optional<Path> here = store.folder(model);
    if (here.isPresent()) {
      return new Located(here.orElseThrow(), model.quantization(), Optional.empty());
    }
    store
        .offline(model, fetching.offline())
        .ifPresent(refusal -> {
          throw refusal;
        });
    ModelStore.Fetch fetch = store.plan(model);
    store.confirm(fetch, fetching.yes());
    return new Located(fetch.folder(), model.quantization(), Optional.of(fetch));
  }

  /**
   * Finds the model, which is the demo where none is named.
   *
   * @throws UserException if there is no such model, or it would have to be fetched
   */
  Located here(ModelStore store) {
    if (name() == null) {
      return new Located(demo(), Optional.empty(), Optional.empty());
    }
    Optional<HubModel> named = inHub();
    return new Located(
        named.map(store::require).orElseGet(this::onDisk),
        named.map(HubModel::quantization).orElse(Optional.ofNullable(quantization)),
        Optional.empty());
  }

  /** The model of the hub that is named; empty for a folder. */
  private Optional<HubModel> inHub() {
    return name().equals(DEMO) || Files.isDirectory(Path.of(name()))
        ? Optional.empty()
        : HubModel.of(name(), Optional.ofNullable(quantization));
  }

  private Path onDisk() {
    Path folder = folder(name());
    if (Files.notExists(folder) && name().matches("[\\w.-]*\\w[\\w.-]*")) {
      throw HubModel.unknown(name());
    }
    return folder;
  }

  /** The folder of the built-in model, or the one of this name. */
  static Path folder(String model) {
    return model.equals(DEMO) ? demo() : Path.of(model);
  }

  private static Path demo() {
    String folder = System.getProperty(DEMO_FOLDER);
    if (folder == null || !Files.isDirectory(Path.of(folder))) {
      throw new UserException(
          "the demo model is not part of this installation (%s); start it with scripts/moshi-mlx"
              .formatted(folder == null ? DEMO_FOLDER + " is not set" : folder + " is missing"));
    }
    return Path.of(folder);
  }

  Optional<DType> dtype() {
    return Optional.ofNullable(dtype);
  }

  private static final class DTypeConverter implements ITypeConverter<DType> {
    @Override
    public DType convert(String value) {
      return Choices.choose(
          value, List.of(DType.FLOAT32, DType.BFLOAT16, DType.FLOAT16), Choices::lowerCase);
    }
  }
}
