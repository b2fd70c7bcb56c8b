package io.moshimlx.checkpoint;

import io.moshimlx.JsonConfig;

/**
 * How one stream's tokens are drawn from its logits.
 *
 * <p>Temperature 0 takes the largest logit. Otherwise the first restriction that is set holds, in
 * this order: {@code topK}, {@code topP}, {@code minP}.
 *
 * @param temperature divides the logits; 0 or above
 * @param topK only the k largest logits; 0 for no such limit
 * @param topP only the most probable tokens that together reach this probability; 0 or 1 for no
 *     such limit
 * @param minP only tokens at least this probable, relative to the most probable one; 0 for no such
 *     limit
 */
public record Sampling(double temperature, int topK, double topP, double minP) {

  /** The most probable token, always. */
  public static final Sampling GREEDY = new Sampling(0, 0, 0, 0);

  public static Sampling topK(double temperature, int topK) {
    return new Sampling(temperature, topK, 0, 0);
  }

  /**
   * The settings of both streams that a model asks for.
   *
   * @param audio of the codebooks
   * @param text of the inner monologue
   * @param cfgCoef coefficient of classifier-free guidance; 1 for none
   */
  public record Defaults(Sampling audio, Sampling text, double cfgCoef) {

    /** What upstream's generation uses where a model names nothing else. */
    public static final Defaults UPSTREAM = new Defaults(topK(0.8, 250), topK(0.7, 25), 1);

    /**
     * Reads {@code lm_gen_config}: {@code temp}, {@code temp_text}, {@code top_k}, {@code
     * top_k_text}, {@code use_sampling}, {@code cfg_coef}.
     */
    public static Defaults read(JsonConfig json) {
      return json.object("lm_gen_config").map(Defaults::ofGenerator).orElse(UPSTREAM);
    }

    private static Defaults ofGenerator(JsonConfig json) {
      double cfgCoef = json.number("cfg_coef", 1, 0, 100);
      return json.bool("use_sampling", true)
          ? new Defaults(
              read(json, "temp", "top_k", UPSTREAM.audio()),
              read(json, "temp_text", "top_k_text", UPSTREAM.text()),
              cfgCoef)
          : new Defaults(GREEDY, GREEDY, cfgCoef);
    }

    private static Sampling read(
        JsonConfig json, String temperatureKey, String topKKey, Sampling usual) {
      return topK(
          json.number(temperatureKey, usual.temperature(), 0, 100),
          json.integer(topKKey, usual.topK(), 0, Integer.MAX_VALUE));
    }
  }
}
