package io.moshimlx.command;

import io.moshimlx.UserException;
import io.moshimlx.mlx.DType;
import io.moshimlx.model.ModelFiles;
import io.moshimlx.model.Quantization;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;

/** Which model, in which precision. */
final class ModelOptions {
  private static final String DEMO = "demo";

  /** The folder of the demo model; set by the launcher. */
  private static final String DEMO_FOLDER = "moshimlx.demo";

  /** What {@code --quant} alone means. */
  private static final String USUAL = "moshiko";

  @Option(
      names = "--model",
      paramLabel = "MODEL",
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
          "The precision: which of the model's weights, or, where it comes only in bf16, what to "
              + "quantise them to, once; by default those that the name or config.json names.")
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

  /**
   * Where a model is.
   *
   * @param folder holds its files, once {@link #prepare} is done
   * @param quantization its precision, where that is known
   * @param missing what has to be fetched first
   * @param copy what has to be made of files that are here, unless it is made
   */
  record Located(
      Path folder,
      Optional<Quantization> quantization,
      Optional<ModelStore.Fetch> missing,
      Optional<QuantizedCopies.Copy> copy) {

    /** A model whose files are here. */
    Located(Path folder, Optional<Quantization> quantization) {
      this(folder, quantization, Optional.empty(), Optional.empty());
    }

    /** A model that is made of files that are here. */
    Located(QuantizedCopies.Copy copy) {
      this(copy.folder(), Optional.of(copy.quantization()), Optional.empty(), Optional.of(copy));
    }

    /**
     * Fetches and quantises what has to be.
     *
     * @return whether all is there now; false if the user stopped it
     */
    boolean prepare(ModelStore store, BooleanSupplier stopped) {
      return missing.map(fetch -> store.fetch(fetch, stopped)).orElse(true)
          && copy.map(c -> store.copies().make(c, stopped)).orElse(true);
    }
  }

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
    return named.isPresent() ? locate(named.orElseThrow(), store, fetching) : onDisk(store);
  }

  /** Finds a model of the hub; where it has to be fetched, the user has agreed to that. */
  static Located locate(HubModel model, ModelStore store, FetchOptions fetching) {
    Optional<Located> here =
        store
            .folder(model)
            .map(folder -> new Located(folder, model.quantization()))
            .or(() -> store.copy(model).map(Located::new));
    if (here.isPresent()) {
      return here.orElseThrow();
    }
    store
        .offline(model, fetching.offline())
        .ifPresent(refusal -> {
          throw refusal;
        });
    ModelStore.Fetch fetch = store.plan(model);
    store.confirm(fetch, fetching.yes());
    return new Located(fetch.folder(), model.quantization(), Optional.of(fetch), Optional.empty());
  }

  /**
   * Finds the model, which is the demo where none is named.
   *
   * @throws UserException if there is no such model, or it would have to be fetched
   */
  Located here(ModelStore store) {
    if (name() == null) {
      return new Located(demo(), Optional.empty());
    }
    Optional<HubModel> named = inHub();
    if (named.isPresent()) {
      HubModel known = named.orElseThrow();
      return new Located(store.require(known), known.quantization());
    }
    Located located = onDisk(store);
    located
        .copy()
        .filter(copy -> !copy.isMade())
        .ifPresent(copy -> {
          throw new UserException(
              "%s holds no %s weights yet; 'moshi-mlx run' quantises them when it first needs them"
                  .formatted(copy.name(), copy.quantization().label()));
        });
    return located;
  }

  /** The model of the hub that is named; empty for a folder. */
  private Optional<HubModel> inHub() {
    return name().equals(DEMO) || Files.isDirectory(Path.of(name()))
        ? Optional.empty()
        : HubModel.of(name(), Optional.ofNullable(quantization));
  }

  private Located onDisk(ModelStore store) {
    Path folder = folder(name());
    Optional<Quantization> wanted = Optional.ofNullable(quantization);
    return wanted
        .filter(q -> q.bits() > 0)
        .filter(q -> !ModelFiles.holds(folder, q) && ModelFiles.holds(folder, Quantization.BF16))
        .map(q -> new Located(store.copies().of(folder, q)))
        .orElseGet(() -> new Located(folder, wanted));
  }

  /**
   * The folder of the built-in model, or the one of this name.
   *
   * @throws UserException if that is the name of no folder and must be meant for a model's
   */
  static Path folder(String model) {
    if (model.equals(DEMO)) {
      return demo();
    }
    Path folder = Path.of(model);
    if (Files.notExists(folder) && model.matches("[\\w.-]*\\w[\\w.-]*")) {
      throw HubModel.unknown(model);
    }
    return folder;
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
