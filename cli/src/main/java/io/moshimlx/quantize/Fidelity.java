package io.moshimlx.quantize;

import io.moshimlx.mlx.MlxArray;
import io.moshimlx.model.Lm;
import io.moshimlx.model.LmGenerator;
import io.moshimlx.model.Sampler;
import io.moshimlx.model.TokenSampler;
import java.util.ArrayList;
import java.util.List;

/**
 * How near a model comes to the one it was made from, over a run in which both read the same
 * tokens: the user's, and those that the source samples greedily.
 *
 * <p>Belongs to the thread that loaded the models.
 */
public final class Fidelity implements AutoCloseable {
  private final Greedy sourceSampler = new Greedy();
  private final Forced copySampler = new Forced();
  private final LmGenerator source;
  private final LmGenerator copy;
  private final Tally text = new Tally();
  private final Tally audio = new Tally();

  /**
   * What came out.
   *
   * @param text of the inner monologue
   * @param audio of all codebooks of Moshi's voice
   */
  public record Report(Agreement text, Agreement audio) {}

  /**
   * How alike two distributions are.
   *
   * @param sameTokens share of greedy tokens that are the same, 0 to 1
   * @param divergence mean Kullback-Leibler divergence of the copy's distribution from the
   *     source's, in nats
   */
  public record Agreement(double sameTokens, double divergence) {}

  /** Starts a run. */
  public Fidelity(Lm source, Lm copy) {
    this.source = new LmGenerator(source, sourceSampler, sourceSampler, 1);
    this.copy = new LmGenerator(copy, copySampler, copySampler, 1);
  }

  /** Keeps what each choice of a step was made from. */
  private abstract static class Recorder implements Sampler {
    private final List<MlxArray> logits = new ArrayList<>();

    abstract MlxArray choose(MlxArray logits, int index);

    @Override
    public MlxArray sample(MlxArray l) {
      logits.add(l.retain());
      return choose(l, logits.size() - 1);
    }

    List<float[]> take() {
      List<float[]> values = new ArrayList<>();
      for (MlxArray array : logits) {
        try (array) {
          values.add(array.toFloats());
        }
      }
      logits.clear();
      return values;
    }
  }

  private static final class Greedy extends Recorder {
    @Override
    MlxArray choose(MlxArray logits, int index) {
      return TokenSampler.greedy(logits);
    }
  }

  private static final class Forced extends Recorder {
    private int[] tokens;

    @Override
    MlxArray choose(MlxArray logits, int index) {
      return MlxArray.ofUint32(new int[] {tokens[index]}, 1);
    }
  }

  private static final class Tally {
    private long count;
    private long same;
    private double divergence;

    void add(float[] source, float[] copy) {
      count++;
      same += greatest(source) == greatest(copy) ? 1 : 0;
      divergence += divergence(source, copy);
    }

    Agreement mean() {
      return new Agreement((double) same / count, divergence / count);
    }
  }

  /**
   * Runs one step of both.
   *
   * @param input the text token, then one token of each codebook
   * @return the source's text token, then one token of each codebook that its depformer writes
   */
  public int[] step(int[] input) {
    int[] sampled = source.step(input);
    copySampler.tokens = sampled;
    copy.step(input);
    List<float[]> expected = sourceSampler.take();
    List<float[]> actual = copySampler.take();
    text.add(expected.getFirst(), actual.getFirst());
    for (int i = 1; i < expected.size(); i++) {
      audio.add(expected.get(i), actual.get(i));
    }
    return sampled;
  }

  /** What came out so far; NaN before the first step. */
  public Report report() {
    return new Report(text.mean(), audio.mean());
  }

  private static int greatest(float... logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }

  /** Of softmax(copy) from softmax(source). */
  static double divergence(float[] source, float[] copy) {
    double sourceNorm = logSumExp(source);
    double copyNorm = logSumExp(copy);
    double sum = 0;
    for (int i = 0; i < source.length; i++) {
      double log = source[i] - sourceNorm;
      sum += Math.exp(log) * (log - (copy[i] - copyNorm));
    }
    return sum;
  }

  private static double logSumExp(float... logits) {
    double max = logits[greatest(logits)];
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - max);
    }
    return max + Math.log(sum);
  }

  @Override
  public void close() {
    source.close();
    copy.close();
  }
}
