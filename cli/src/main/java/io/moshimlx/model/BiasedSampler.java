package io.moshimlx.model;

import static io.moshimlx.mlx.Elementwise.add;
import static io.moshimlx.mlx.Elementwise.astype;
import static io.moshimlx.mlx.Elementwise.divide;
import static io.moshimlx.mlx.Elementwise.multiply;
import static io.moshimlx.mlx.Indexing.putAlongAxis;
import static io.moshimlx.mlx.Indexing.take;
import static io.moshimlx.mlx.Logic.greaterEqual;
import static io.moshimlx.mlx.Logic.where;

import io.moshimlx.checkpoint.Sampling;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.text.TextTokens;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.UnaryOperator;

/**
 * Changes the logits of text by a {@link TextBias} before a token is chosen. What was said is known
 * on the host, from the one read-back of each step.
 */
final class BiasedSampler implements Sampler {
  private static final int[] PAD = {TextTokens.PAD};

  private final TextBias bias;
  private final Sampler sampler;

  /** What is added to the logit of padding, so that it is the bonus once the logits are scaled. */
  private final float padding;

  /** The last tokens that say something. */
  private final Deque<Integer> said = new ArrayDeque<>();

  BiasedSampler(TextBias bias, Sampling sampling, Sampler sampler) {
    this.bias = bias;
    this.sampler = sampler;
    padding =
        (float) (bias.padBonus() * (sampling.temperature() == 0 ? 1 : sampling.temperature()));
  }

  @Override
  public MlxArray sample(MlxArray logits) {
    MlxArray led = astype(logits, DType.FLOAT32);
    if (bias.repetitionPenalty() != 1 && !said.isEmpty()) {
      int[] tokens = said.stream().mapToInt(Integer::intValue).distinct().toArray();
      led = changed(led, tokens, this::penalised);
    }
    if (padding != 0) {
      led = changed(led, PAD, logit -> add(logit, padding));
    }
    return sampler.sample(led);
  }

  private MlxArray penalised(MlxArray found) {
    float penalty = (float) bias.repetitionPenalty();
    return where(greaterEqual(found, 0), divide(found, penalty), multiply(found, penalty));
  }

  private static MlxArray changed(MlxArray logits, int[] tokens, UnaryOperator<MlxArray> change) {
    MlxArray indices = MlxArray.ofUint32(tokens, tokens.length);
    return putAlongAxis(logits, indices, change.apply(take(logits, indices, 0)), 0);
  }

  @Override
  public void drawn(int token) {
    if (TextTokens.isSilent(token)) {
      return;
    }
    said.addLast(token);
    if (said.size() > bias.repetitionContext()) {
      said.removeFirst();
    }
  }
}
