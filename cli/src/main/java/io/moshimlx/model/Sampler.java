package io.moshimlx.model;

import io.moshimlx.checkpoint.Sampling;
import io.moshimlx.mlx.MlxArray;

/** Chooses a token from its logits, as part of the graph. */
@FunctionalInterface
public interface Sampler {

  /**
   * Chooses one token.
   *
   * @param logits [vocabulary]; with guidance, those of both conditions
   * @return uint32 [1]
   */
  MlxArray sample(MlxArray logits);

  /** Takes the token that was chosen, once it is known. */
  default void drawn(int token) {}

  /** The sampler of some settings; each token takes one number from {@code draws}. */
  static Sampler of(Sampling sampling, RandomDraws draws) {
    return sampling.temperature() == 0 ? TokenSampler::greedy : new TokenSampler(sampling, draws);
  }
}
