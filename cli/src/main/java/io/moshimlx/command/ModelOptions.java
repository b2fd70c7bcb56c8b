package io.moshimlx.command;

import io.moshimlx.UserException;
import io.moshimlx.Variables;
import io.moshimlx.checkpoint.Precision;
import io.moshimlx.hub.TypedName;
import io.moshimlx.mlx.DType;
import io.moshimlx.store.ModelRequest;
import io.moshimlx.store.ModelRequest.Origin;
import io.moshimlx.store.ModelRequest.Wish;
import io.moshimlx.store.Voice;
import io.moshimlx.store.VoiceBook;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The choice of a model and its precision, by its own name or by that of a voice. */
final class ModelOptions {
  /** The label of {@code --quant}. */
  static final String QUANT = "q4|q6|q8|bf16";

  private static final String VOICE_VARIABLE = "MOSHI_MLX_VOICE";

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
  private String voice;

  @Option(
      names = "--quant",
      paramLabel = QUANT,
      converter = PrecisionConverter.class,
      description = {
        "Precision of the weights.",
        "A model that comes only in bf16 or float32 is quantised once, and the copy is kept. The "
            + "default is the precision that the model's name or its config.json names."
      })
  private Precision precision;

  @Option(
      names = "--dtype",
      paramLabel = "float32|bfloat16|float16",
      converter = DTypeConverter.class,
      description = {
        "Number type to compute in.",
        "The default on a GPU is the type in which the weights are stored, on a CPU float32."
      })
  private DType dtype;

  /**
   * The model that is asked for, by these options, the environment and the file of defaults.
   *
   * @throws ParameterException if voice and model are equally asked for and contradict each other
   * @throws UserException if there is no such voice
   */
  ModelRequest request(Variables environment, CommandSpec spec) {
    Given given = new Given(spec);
    Optional<Wish<String>> voiceWish =
        given.typed("--voice")
            ? wish(voice, given, "--voice")
            : environment
                .value(VOICE_VARIABLE)
                .map(name -> new Wish<>(name, Origin.ENVIRONMENT))
                .or(() -> wish(voice, given, "--voice"));
    ModelRequest request =
        ModelRequest.of(
            wish(plainModel(environment), given, "--model"),
            voiceWish,
            wish(precision, given, "--quant"),
            wish -> find(wish, environment));
    if (request.isContradictory()) {
      Voice contradicting = request.voice().orElseThrow();
      throw new ParameterException(
          spec.commandLine(),
          "--voice %s belongs to the model %3$s, not to --model %2$s; leave one of them out"
              .formatted(
                  contradicting.name(), request.model().orElseThrow(), contradicting.model()));
    }
    return request;
  }

  private static <T> Optional<Wish<T>> wish(T value, Given given, String option) {
    Origin origin = given.typed(option) ? Origin.TYPED : Origin.DEFAULTS;
    return Optional.ofNullable(value).map(present -> new Wish<>(present, origin));
  }

  private String plainModel(Variables environment) {
    return model == null || Files.isDirectory(Path.of(model))
        ? model
        : TypedName.plain(model, environment);
  }

  /** Finds a voice; an error names the place that asks for it, unless that is the command line. */
  private static Voice find(Wish<String> wish, Variables environment) {
    VoiceBook book = VoiceBook.of(environment);
    try {
      return book.find(wish.value());
    } catch (UserException e) {
      throw switch (wish.origin()) {
        case TYPED -> e;
        case ENVIRONMENT -> e.in(VOICE_VARIABLE);
        case DEFAULTS -> e.in(DefaultsFile.NAME);
      };
    }
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
