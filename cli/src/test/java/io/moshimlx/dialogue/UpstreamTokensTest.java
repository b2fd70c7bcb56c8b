package io.moshimlx.dialogue;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.checkpoint.Sampling;
import io.moshimlx.mlx.Memory;
import io.moshimlx.model.Golden;
import io.moshimlx.model.Lm;
import io.moshimlx.model.LmGenerator;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Greedy tokens are upstream's own, step for step. */
final class UpstreamTokensTest {

  /** The last two run past their context, where attention over it is written the plain way. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "f32-7b-like",
        "q4",
        "q8",
        "delay2",
        "uneven-delays",
        "depq16",
        "depq4",
        "layer-scale",
        "depformer-rope",
        "low-rank",
        "demux",
        "conditioned",
        "hibiki-2b-like",
        "guided",
        "guided/pytorch.safetensors",
        "pytorch",
        "pytorch/pytorch.safetensors",
        "pytorch-copied-slices/pytorch.safetensors",
        "fused-attention",
        "short-context",
        "long"
      })
  void greedyTokensAreUpstreams(String name) {
    Golden golden = Golden.of(name);
    assertTrue(golden.steps() > 1);
    try (Lm lm = golden.load();
        LmGenerator generator =
            new LmGenerator(lm, Sampling.GREEDY, Sampling.GREEDY, golden.cfgCoef(), 0)) {
      TokenStreams streams = new TokenStreams(lm.config());
      for (int step = 0; step < golden.steps(); step++) {
        int[] sampled = generator.step(streams.next(golden.tokens("user_tokens", step)).tokens());
        Optional<int[]> frame = streams.complete(sampled);
        String where = name + ", step " + step;
        assertEquals(golden.tokens("text_tokens", step)[0], sampled[0], where);
        assertArrayEquals(
            golden.tokens("sampled", step), Arrays.copyOfRange(sampled, 1, sampled.length), where);
        int[] none = new int[sampled.length - 1];
        Arrays.fill(none, -1);
        assertArrayEquals(golden.tokens("audio_tokens", step), frame.orElse(none), where);
      }
    }
  }

  @Test
  void aSessionPastItsContextKeepsMemoryFlat() {
    Golden golden = Golden.of("long");
    try (Lm lm = golden.load();
        LmGenerator generator =
            new LmGenerator(lm, Sampling.GREEDY, Sampling.GREEDY, golden.cfgCoef(), 0)) {
      TokenStreams streams = new TokenStreams(lm.config());
      int context = lm.config().transformer().context();
      long full = 0;
      for (int step = 0; step < golden.steps(); step++) {
        streams.complete(generator.step(streams.next(golden.tokens("user_tokens", step)).tokens()));
        if (step == context) {
          full = Memory.active();
        }
      }
      assertTrue(golden.steps() > context);
      // MLX's own thread may free the last few bytes of a step a moment later.
      assertTrue(Math.abs(Memory.active() - full) < 1024, Memory.active() + " and " + full);
    }
  }
}
