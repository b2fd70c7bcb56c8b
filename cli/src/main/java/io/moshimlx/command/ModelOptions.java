package io.moshimlx.command;

import io.moshimlx.UserException;
import io.moshimlx.Variables;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.checkpoint.Quantization;
import io.moshimlx.hub.TypedName;
import io.moshimlx.mlx.DType;
import io.moshimlx.store.Catalogue;
import io.moshimlx.store.Voice;
import io.moshimlx.store.VoiceBook;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The choice of a model and its precision, by its own name or by that of a voice. */
final class ModelOptions {
  /** The label of {@code --quant}. */
  static final String QUANT = "q4|q6|q8|bf16";

  private static final String VOICE_VARIABLE = "MOSHI_MLX_VOICE";

  /** The folder of the demo model; set by the launcher. */
  private static final String DEMO_FOLDER = "moshimlx.demo";

  /** The model that {@code --quant} alone chooses. */
  private static final String USUAL = "moshiko";

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      completionCandidates = ModelNameCandidates.OrDemo.class,
      description = {
        "Model: a name, a folder, or 'demo'.",
        "A name that 'moshi-mlx models' lists (moshiko-q4, or moshiko with --quant); a repository "
            + "of the Hugging Face hub (org/name, org/name@revision or its address); or a folder "
            + "with weights, codec, tokenizer and config.json. A folder of that name comes first. "
            + "With --quant alone the model is moshiko.",
        "'demo' is built in: a toy of a few megabytes that understands greetings, colours, "
            + "numbers and days."
      })
  private String model;

  @Option(
      names = "--voice",
      paramLabel = "VOICE",
      description = {
        "Voice; it brings its model.",
        "A voice that 'moshi-mlx voices' lists, or a prompt for PersonaPlex: a recording, or a "
            + "stored voice (*.pt). The default is MOSHI_MLX_VOICE, if it is set."
      })
  private String voiceName;

  @Option(
      names = "--quant",
      paramLabel = QUANT,
      converter = QuantizationConverter.class,
      description = {
        "Precision of the weights.",
        "A model that comes only in bf16 or float32 is quantised once, and the copy is kept. The "
            + "default is the precision that the model's name or its config.json names."
      })
  private Quantization quantization;

  @Option(
      names = "--dtype",
      paramLabel = "float32|bfloat16|float16",
      converter = DTypeConverter.class,
      description = {
        "Number type to compute in.",
        "The default on a GPU is the type in which the weights are stored, on a CPU float32."
      })
  private DType dtype;

  /** The voice, once it is chosen. */
  private Optional<Voice> voice = Optional.empty();

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

  /**
   * Chooses the voice, and with it the model, before anything else is asked. What is typed wins
   * over what the environment says, and that over the file of defaults.
   *
   * @throws ParameterException if voice and model are equally asked for and contradict each other
   * @throws UserException if there is no such voice
   */
  void choose(Variables environment, CommandSpec spec) {
    Given given = new Given(spec);
    if (model != null && !Files.isDirectory(Path.of(model))) {
      model = TypedName.plain(model, environment);
    }
    Optional<String> variable = environment.value(VOICE_VARIABLE);
    voice = wanted(variable, given, environment);
    if (voice.isPresent() && model != null && !voice.orElseThrow().goesWith(model)) {
      boolean voiceWins =
          !given.typed("--model") && (given.typed("--voice") || variable.isPresent());
      if (!voiceWins) {
        throw new ParameterException(
            spec.commandLine(),
            "--voice %s belongs to the model %3$s, not to --model %2$s; leave one of them out"
                .formatted(voice.orElseThrow().name(), model, voice.orElseThrow().model()));
      }
      model = null;
    }
    boolean named = model != null || voice.isPresent();
    if (named && !given.typed("--quant") && !HubModel.mayComeIn(name(), quantization)) {
      quantization = null;
    }
  }

  /** The voice that is asked for; only one that is typed keeps its place beside a typed model. */
  private Optional<Voice> wanted(Optional<String> variable, Given given, Variables environment) {
    if (given.typed("--voice")) {
      return Optional.of(VoiceBook.of(environment).find(voiceName));
    }
    String name = variable.orElse(voiceName);
    if (name == null || given.typed("--model")) {
      return Optional.empty();
    }
    VoiceBook book = VoiceBook.of(environment);
    try {
      return Optional.of(book.find(name));
    } catch (UserException e) {
      String source = variable.isPresent() ? VOICE_VARIABLE : DefaultsFile.NAME;
      throw e.in(source);
    }
  }

  /** The voice, or empty where the model is as it comes. */
  Optional<Voice> voice() {
    return voice;
  }

  /** The model as the user named it, or null where none was named. */
  String name() {
    if (model == null && voice.isPresent()) {
      return voice.orElseThrow().model();
    }
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
              "%s has no %s weights yet".formatted(copy.name(), copy.quantization().label()),
              "'moshi-mlx run' makes them when it first needs them");
        });
    return located;
  }

  /** The model of the hub that is named; empty for a folder. */
  private Optional<HubModel> inHub() {
    return name().equals(Catalogue.DEMO) || isFolder()
        ? Optional.empty()
        : HubModel.of(name(), Optional.ofNullable(quantization));
  }

  /**
   * A voice names its folder in full: what lies where the user stands has nothing to do with it.
   */
  private boolean isFolder() {
    Path folder = Path.of(name());
    return model == null ? folder.isAbsolute() : Files.isDirectory(folder);
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
    if (model.equals(Catalogue.DEMO)) {
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
    if (!hasDemo()) {
      throw new UserException(
          "the demo model is not part of this installation (%s)"
              .formatted(folder == null ? DEMO_FOLDER + " is not set" : folder + " is missing"),
          "start the tool with scripts/moshi-mlx, or install it again");
    }
    return Path.of(folder);
  }

  /** Whether the demo model is part of this installation. */
  static boolean hasDemo() {
    String folder = System.getProperty(DEMO_FOLDER);
    return folder != null && Files.isDirectory(Path.of(folder));
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
