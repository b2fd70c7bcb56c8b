package io.moshimlx.command;

import io.moshimlx.checkpoint.Sampling;
import io.moshimlx.model.TextBias;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** How tokens are drawn; the model's own values are the defaults. */
final class SamplingOptions {
  private static final double MAX_TEMPERATURE = 100;
  private static final double MAX_CFG_COEF = 100;
  private static final double MAX_PENALTY = 10;
  private static final double MAX_BONUS = 100;
  private static final int MAX_CONTEXT = 1000;

  @Option(
      names = "--temp",
      paramLabel = "T",
      description = {
        "Sampling temperature of voice and text.",
        "0 always takes the likeliest token, so that a run is deterministic. The default is the "
            + "model's, usually 0.8 for the voice and 0.7 for the text."
      })
  private Double temperature;

  @Option(
      names = "--text-temp",
      paramLabel = "T",
      description = "Sampling temperature of the text alone.")
  private Double textTemperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = {
        "Voice: keep the K likeliest tokens.",
        "0 keeps all tokens. The default is the model's, usually 250."
      })
  private Integer topK;

  @Option(
      names = "--text-top-k",
      paramLabel = "K",
      description = {
        "Text: keep the K likeliest tokens.",
        "0 keeps all tokens. The default is the model's, usually 25."
      })
  private Integer textTopK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = {
        "Voice: keep the top probability P.",
        "Keeps the likeliest tokens that together reach probability P."
      })
  private Double topP;

  @Option(
      names = "--text-top-p",
      paramLabel = "P",
      description = "Text: keep the top probability P.")
  private Double textTopP;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description = {
        "Voice: drop tokens below share P.",
        "Keeps the tokens that are at least P times as likely as the likeliest one."
      })
  private Double minP;

  @Option(
      names = "--text-min-p",
      paramLabel = "P",
      description = "Text: drop tokens below share P.")
  private Double textMinP;

  @Option(
      names = "--repetition-penalty",
      paramLabel = "P",
      description = {
        "Text: make recent words less likely.",
        "From 1 (off, the default) to 10. Values from 1.1 to 1.5 end most loops."
      })
  private double repetitionPenalty = 1;

  @Option(
      names = "--repetition-context",
      paramLabel = "N",
      description = {
        "Number of recent words to penalise.",
        "Counts the text tokens that are not padding (default: 32)."
      })
  private int repetitionContext = TextBias.USUAL_CONTEXT;

  @Option(
      names = "--pad-bonus",
      paramLabel = "B",
      description = {
        "Text: make silence more likely.",
        "Silence becomes exp(B) times as likely: above 0 Moshi speaks less, below 0 more "
            + "(default: 0)."
      })
  private double padBonus;

  @Option(
      names = "--cfg-coef",
      paramLabel = "C",
      description = {
        "Classifier-free guidance scale.",
        "For models with a speech-quality condition, such as Hibiki. Above 1 steers further from "
            + "poor speech. Any value but 1 doubles the computation. The default is the model's, "
            + "usually 1."
      })
  private Double cfgCoef;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = {
        "Seed of the random draws.",
        "The same seed gives the same bytes (default: ${DEFAULT-VALUE})."
      })
  private long seed = 299792458;

  /** Drops values of the defaults file that contradict typed ones. */
  void prefer(Given given) {
    boolean greedy = given.typed("--temp") && temperature == 0;
    if (greedy || given.anyTyped(List.of("--top-k", "--top-p", "--min-p"))) {
      topK = given.ifTyped("--top-k", topK);
      topP = given.ifTyped("--top-p", topP);
      minP = given.ifTyped("--min-p", minP);
    }
    boolean greedyText =
        given.typed("--text-temp") ? textTemperature == 0 : greedy && textTemperature == null;
    if (greedyText || given.anyTyped(List.of("--text-top-k", "--text-top-p", "--text-min-p"))) {
      textTopK = given.ifTyped("--text-top-k", textTopK);
      textTopP = given.ifTyped("--text-top-p", textTopP);
      textMinP = given.ifTyped("--text-min-p", textMinP);
    }
  }

  /** Faults of the values, each a sentence without full stop; empty if there are none. */
  List<String> faults(Given given) {
    List<String> faults = new ArrayList<>();
    if (given.typed("--repetition-context") && repetitionPenalty == 1) {
      faults.add("--repetition-context goes with --repetition-penalty");
    }
    within(faults, "--temp", temperature, 0, MAX_TEMPERATURE);
    within(faults, "--text-temp", textTemperature, 0, MAX_TEMPERATURE);
    within(faults, "--top-k", topK, 0, Integer.MAX_VALUE);
    within(faults, "--text-top-k", textTopK, 0, Integer.MAX_VALUE);
    within(faults, "--top-p", topP, 0, 1);
    within(faults, "--text-top-p", textTopP, 0, 1);
    within(faults, "--min-p", minP, 0, 1);
    within(faults, "--text-min-p", textMinP, 0, 1);
    within(faults, "--repetition-penalty", repetitionPenalty, 1, MAX_PENALTY);
    within(faults, "--repetition-context", repetitionContext, 0, MAX_CONTEXT);
    within(faults, "--pad-bonus", padBonus, -MAX_BONUS, MAX_BONUS);
    within(faults, "--cfg-coef", cfgCoef, 0, MAX_CFG_COEF);
    within(faults, "--seed", seed, 0, Long.MAX_VALUE);
    contradictions(faults, "--temp", temperature, "--", topK, topP, minP);
    boolean own = textTemperature != null;
    contradictions(
        faults,
        own ? "--text-temp" : "--temp",
        own ? textTemperature : temperature,
        "--text-",
        textTopK,
        textTopP,
        textMinP);
    return faults;
  }

  private static void within(
      List<String> faults, String option, Number value, double min, double max) {
    if (value != null && !(value.doubleValue() >= min && value.doubleValue() <= max)) {
      String limit = max > MAX_CONTEXT ? "0 or above" : "from %.0f to %.0f".formatted(min, max);
      faults.add("%s must be %s, not %s".formatted(option, limit, value));
    }
  }

  private static void contradictions(
      List<String> faults,
      String temperatureOption,
      Double temperature,
      String prefix,
      Integer topK,
      Double topP,
      Double minP) {
    List<String> given = new ArrayList<>();
    if (topK != null && topK > 0) {
      given.add(prefix + "top-k");
    }
    if (topP != null) {
      given.add(prefix + "top-p");
    }
    if (minP != null) {
      given.add(prefix + "min-p");
    }
    if (given.size() > 1) {
      faults.add("%s exclude each other".formatted(String.join(" and ", given)));
    }
    if (!given.isEmpty() && temperature != null && temperature == 0) {
      faults.add(
          "%s 0 always takes the likeliest token, so %s would have no effect"
              .formatted(temperatureOption, given.getFirst()));
    }
  }

  long seed() {
    return seed;
  }

  /**
   * The coefficient of guidance.
   *
   * @param usual the model's own
   */
  double cfgCoef(double usual) {
    return cfgCoef != null ? cfgCoef : usual;
  }

  /** The bias of the text's logits. */
  TextBias bias() {
    return new TextBias(repetitionPenalty, repetitionContext, padBonus);
  }

  /**
   * How the tokens of Moshi's voice are drawn.
   *
   * @param usual the model's own values
   */
  Sampling audio(Sampling usual) {
    return sampling(usual, temperature, topK, topP, minP);
  }

  /**
   * How the text tokens are drawn.
   *
   * @param usual the model's own values
   */
  Sampling text(Sampling usual) {
    Double own = textTemperature != null ? textTemperature : temperature;
    return sampling(usual, own, textTopK, textTopP, textMinP);
  }

  private static Sampling sampling(
      Sampling usual, Double temperature, Integer topK, Double topP, Double minP) {
    double chosen = temperature != null ? temperature : usual.temperature();
    if (chosen == 0) {
      return Sampling.GREEDY;
    }
    return topK == null && topP == null && minP == null
        ? new Sampling(chosen, usual.topK(), usual.topP(), usual.minP())
        : new Sampling(
            chosen, topK == null ? 0 : topK, topP == null ? 0 : topP, minP == null ? 0 : minP);
  }
}
