package io.moshimlx.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.moshimlx.checkpoint.Sampling;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.MlxScope;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * The logits that are left are those of the loop over tokens in Kyutai's Rust server, {@code
 * apply_repetition_penalty} and {@code sample_f}.
 */
final class BiasedSamplerTest {
  private static final int PAD = 3;
  private static final float[] LOGITS = {1, -1, 2, 0.5f, -2, 3, 0, 8};

  /** The logits that a sampler behind the bias sees, after these tokens were said. */
  private static float[] left(TextBias bias, Sampling sampling, int... said) {
    float[][] seen = new float[1][];
    Sampler sampler =
        bias.lead(
            sampling,
            logits -> {
              seen[0] = logits.toFloats();
              return TokenSampler.greedy(logits);
            });
    for (int token : said) {
      sampler.drawn(token);
    }
    try (MlxScope _ = MlxScope.open()) {
      sampler.sample(MlxArray.of(LOGITS, LOGITS.length)).toInts();
    }
    return seen[0];
  }

  @Test
  void whatWasSaidBecomesLessLikelyOnce() {
    TextBias bias = new TextBias(2, 4, 0);
    float[] expected = LOGITS.clone();
    assertArrayEquals(expected, left(bias, Sampling.GREEDY));
    // Silence is not counted, a token that comes twice is.
    int[] said = {5, 7, PAD, 1, 0, PAD, 7, 4, PAD};
    expected[7] /= 2;
    expected[1] *= 2;
    expected[4] *= 2;
    assertArrayEquals(expected, left(bias, Sampling.GREEDY, said));
    expected[5] /= 2;
    assertArrayEquals(expected, left(new TextBias(2, 5, 0), Sampling.GREEDY, said));
    assertArrayEquals(LOGITS, left(new TextBias(2, 0, 0), Sampling.GREEDY, said));
  }

  @Test
  void aBonusMultipliesTheProbabilityOfSilence() {
    double bonus = 1.5;
    double temperature = 0.7;
    TextBias bias = new TextBias(1, 32, bonus);
    float[] left = left(bias, Sampling.topK(temperature, 0));
    double[] before = exponentials(LOGITS, temperature);
    double[] after = exponentials(left, temperature);
    for (int token = 0; token < LOGITS.length; token++) {
      double factor = token == PAD ? Math.exp(bonus) : 1;
      assertEquals(factor, after[token] / before[token], 1e-5, "token " + token);
    }
    assertEquals(LOGITS[PAD] + bonus, left(bias, Sampling.GREEDY)[PAD], 1e-6);
  }

  private static double[] exponentials(float[] logits, double temperature) {
    return IntStream.range(0, logits.length)
        .mapToDouble(i -> Math.exp(logits[i] / temperature))
        .toArray();
  }

  @Test
  void nothingIsChangedWhereNothingIsAskedFor() {
    Sampler sampler = TokenSampler::greedy;
    assertEquals(sampler, TextBias.NONE.lead(Sampling.GREEDY, sampler));
  }
}
