package io.moshimlx.model;

import static io.moshimlx.mlx.Creation.zeros;
import static io.moshimlx.mlx.Elementwise.astype;
import static io.moshimlx.mlx.Elementwise.log;
import static io.moshimlx.mlx.Elementwise.minimum;
import static io.moshimlx.mlx.Elementwise.multiply;
import static io.moshimlx.mlx.Elementwise.negative;
import static io.moshimlx.mlx.Indexing.slice;
import static io.moshimlx.mlx.Indexing.take;
import static io.moshimlx.mlx.Logic.greater;
import static io.moshimlx.mlx.Logic.greaterEqual;
import static io.moshimlx.mlx.Logic.where;
import static io.moshimlx.mlx.Reductions.argmax;
import static io.moshimlx.mlx.Reductions.cumsum;
import static io.moshimlx.mlx.Reductions.softmax;
import static io.moshimlx.mlx.Sorting.argpartition;
import static io.moshimlx.mlx.Sorting.argsort;
import static io.moshimlx.mlx.Sorting.searchsorted;
import static io.moshimlx.mlx.Sorting.sort;

import io.moshimlx.checkpoint.Sampling;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.MlxArray;
import java.util.Optional;

/**
 * Draws a token by inverting the cumulative distribution of what a restriction leaves.
 *
 * <p>What is kept, and the order in which it is accumulated, are upstream's, so that the same
 * random number draws the same token.
 */
public final class TokenSampler implements Sampler {
  private final Sampling sampling;
  private final RandomDraws draws;

  TokenSampler(Sampling sampling, RandomDraws draws) {
    this.sampling = sampling;
    this.draws = draws;
  }

  /**
   * What a restriction leaves.
   *
   * @param tokens uint32 [n], or empty for the whole vocabulary in its order
   * @param probabilities [n]; 0 for a token that is not kept
   */
  record Kept(Optional<MlxArray> tokens, MlxArray probabilities) {}

  public static MlxArray greedy(MlxArray logits) {
    return argmax(logits, 0, true);
  }

  @Override
  public MlxArray sample(MlxArray logits) {
    Kept kept = keep(astype(logits, DType.FLOAT32));
    MlxArray cumulative = cumsum(kept.probabilities(), 0, false, true);
    MlxArray place = searchsorted(cumulative, MlxArray.of(draws.uniform()), true);
    // Rounding may leave the whole sum just below the number drawn.
    MlxArray inside = minimum(place, cumulative.dim(0) - 1);
    return kept.tokens().isPresent() ? take(kept.tokens().get(), inside, 0) : inside;
  }

  /** Applies the first restriction that is set, after the temperature. */
  Kept keep(MlxArray logits) {
    MlxArray scaled = multiply(logits, (float) (1 / sampling.temperature()));
    if (sampling.topK() > 0 && sampling.topK() < logits.dim(0)) {
      return topK(scaled);
    }
    if (sampling.topP() > 0 && sampling.topP() < 1) {
      return topP(scaled);
    }
    return sampling.minP() > 0 ? minP(scaled) : new Kept(Optional.empty(), softmax(scaled, 0));
  }

  private Kept topK(MlxArray logits) {
    MlxArray largestFirst = argpartition(negative(logits), sampling.topK() - 1, 0);
    MlxArray tokens = sort(slice(largestFirst, 0, 0, sampling.topK()), 0);
    return new Kept(Optional.of(tokens), softmax(take(logits, tokens, 0), 0));
  }

  private Kept topP(MlxArray logits) {
    MlxArray all = softmax(logits, 0);
    MlxArray rising = argsort(all, 0);
    MlxArray sorted = take(all, rising, 0);
    MlxArray upTo = cumsum(sorted, 0, false, true);
    return kept(rising, sorted, greater(upTo, (float) (1 - sampling.topP())));
  }

  private Kept minP(MlxArray logits) {
    MlxArray all = softmax(logits, 0);
    MlxArray falling = argsort(negative(logits), 0);
    MlxArray sorted = take(all, falling, 0);
    MlxArray threshold = multiply(slice(sorted, 0, 0, 1), (float) sampling.minP());
    return kept(falling, sorted, greaterEqual(sorted, threshold));
  }

  private static Kept kept(MlxArray tokens, MlxArray probabilities, MlxArray keep) {
    MlxArray left = where(keep, probabilities, zeros(DType.FLOAT32, 1));
    return new Kept(Optional.of(tokens), softmax(log(left), 0));
  }
}
