package io.moshimlx.model;

import static io.moshimlx.mlx.Indexing.slice;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.moshimlx.TestDevice;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.MlxScope;
import io.moshimlx.mlx.Transforms;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Several steps at once give what they give one by one, past the end of the context too: with the
 * composed kernels, and with MLX's.
 */
final class PrefillTest {
  private static final ComputePlan COMPOSED = ComputePlan.composed(OptionalLong.empty());
  private static final ComputePlan FAST = ComputePlan.fast(Optional.of(DType.FLOAT32));

  @ParameterizedTest
  @ValueSource(strings = {"5", "24", "7, 1, 30, 2, 11", "20, 20, 1, 20"})
  void blocksEqualSingleSteps(String blocks) {
    Golden golden = Golden.of("short-context");
    List<Integer> ones = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    for (String block : blocks.split(", ", -1)) {
      sizes.add(Integer.parseInt(block));
      for (int i = 0; i < Integer.parseInt(block); i++) {
        ones.add(1);
      }
    }
    for (ComputePlan plan : List.of(COMPOSED, FAST)) {
      try (Lm lm = golden.load(plan)) {
        assertArrayEquals(lastHidden(lm, ones), lastHidden(lm, sizes), 1e-4f);
      }
    }
  }

  /** Blocks of up to 8 steps and longer ones are two kernels of Metal's. */
  @ParameterizedTest
  @ValueSource(ints = {5, 40})
  void theUsualDeviceReadsABlockAsTheCpuDoes(int steps) {
    Golden golden = Golden.of("fused-attention");
    List<Integer> block = List.of(steps);
    float[] onTheCpu;
    try (Lm lm = golden.load(COMPOSED)) {
      onTheCpu = lastHidden(lm, block);
    }
    TestDevice.usual();
    try (Lm lm = golden.load(FAST)) {
      assertArrayEquals(onTheCpu, lastHidden(lm, block), 3e-2f);
    }
  }

  /** Helium's output of the last step, after blocks of these sizes of random tokens. */
  private static float[] lastHidden(Lm lm, List<Integer> blocks) {
    SplittableRandom random = new SplittableRandom(1);
    LmState state = lm.newState(false);
    float[] last = null;
    for (int block : blocks) {
      int[][] inputs = new int[block][];
      for (int i = 0; i < block; i++) {
        inputs[i] = random.ints(1 + lm.config().codebooks(), 0, lm.config().card()).toArray();
      }
      MlxArray hidden;
      try (MlxScope _ = MlxScope.open()) {
        MlxArray all = lm.forward(lm.embed(inputs), state);
        hidden = slice(all, 1, block - 1, block).retain();
      }
      Transforms.eval(state.arrays());
      last = hidden.toFloats();
      hidden.close();
    }
    state.close();
    return last;
  }
}
