package io.moshimlx.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.checkpoint.Sampling;
import io.moshimlx.checkpoint.TransformerConfig;
import io.moshimlx.dialogue.TokenStreams;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.Memory;
import io.moshimlx.mlx.MlxScope;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What guidance keeps is never copied, neither to write it nor to attend to it. */
final class GuidedCacheTest {
  private final Golden golden = Golden.of("guided");

  /**
   * Metal's attention copies the keys and values of a batch unless they follow one another in
   * memory, and those of a batch of one never (kv_copy_unless in MLX's
   * scaled_dot_product_attention.cpp): the two of guidance are one with twice the heads.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void keysAndValuesAreOfABatchOfOne(boolean guided) {
    try (Lm lm = golden.load()) {
      TransformerConfig helium = lm.config().transformer();
      try (LmState state = lm.newState(guided);
          MlxScope _ = MlxScope.open()) {
        int[] input = new TokenStreams(lm.config()).next(golden.tokens("user_tokens", 0)).tokens();
        lm.forward(lm.embed(input), state);
        int heads = (guided ? 2 : 1) * helium.numHeads();
        assertArrayEquals(
            new int[] {1, 2 * heads, helium.context(), helium.headDim()},
            state.caches().getFirst().ring().shape());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aStepMakesNothingOfTheCachesSize(boolean composed) {
    ComputePlan plan =
        composed
            ? ComputePlan.composed(OptionalLong.empty())
            : ComputePlan.fast(Optional.of(DType.FLOAT32));
    try (Lm lm = golden.load(plan);
        LmGenerator generator =
            new LmGenerator(lm, Sampling.GREEDY, Sampling.GREEDY, golden.cfgCoef(), 0)) {
      TokenStreams streams = new TokenStreams(lm.config());
      TransformerConfig helium = lm.config().transformer();
      long cache = 2L * 2 * helium.dim() * helium.context() * DType.FLOAT32.size();
      streams.complete(generator.step(streams.next(golden.tokens("user_tokens", 0)).tokens()));
      long before = Memory.active();
      assertTrue(before > cache);
      Memory.resetPeak();
      for (int step = 1; step < golden.steps(); step++) {
        streams.complete(generator.step(streams.next(golden.tokens("user_tokens", step)).tokens()));
      }
      long most = Memory.peak() - before;
      assertTrue(most < cache / 4, most + " bytes, the cache has " + cache);
    }
  }
}
