package io.moshimlx.model;

import io.moshimlx.checkpoint.Sampling;

/**
 * What leads the inner monologue away from what it has said, and towards silence; as Kyutai's Rust
 * server has it ({@code repetition_penalty}, {@code pad_mult} in {@code
 * lm_generate_multistream.rs}).
 *
 * @param repetitionPenalty divides the logits of tokens said lately where they are positive, and
 *     multiplies the others; 1 or above, 1 for none
 * @param repetitionContext how many of the last tokens that say something are such; 0 or above
 * @param padBonus natural logarithm of what the probability of padding is multiplied with, after
 *     the temperature and before any restriction; 0 for none. Where the largest logit is taken, it
 *     is added to the logit of padding.
 */
public record TextBias(double repetitionPenalty, int repetitionContext, double padBonus) {
  /** How many tokens the penalty looks back at where nothing else is said. */
  public static final int USUAL_CONTEXT = 32;

  public static final TextBias NONE = new TextBias(1, USUAL_CONTEXT, 0);

  /** A sampler that is led so. */
  Sampler lead(Sampling sampling, Sampler sampler) {
    return equals(NONE) ? sampler : new BiasedSampler(this, sampling, sampler);
  }
}
