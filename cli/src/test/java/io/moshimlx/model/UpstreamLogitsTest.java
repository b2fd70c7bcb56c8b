package io.moshimlx.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.TestDevice;
import io.moshimlx.dialogue.TokenStreams;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.MlxScope;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The logits of the text and of every slice are upstream's, when both are fed the same tokens: with
 * MLX's kernels, as on Metal, and as on a CPU in float32: with those composed of primitives, and
 * linear layers split over two cores.
 */
final class UpstreamLogitsTest {

  /** Keeps the logits, and answers with the tokens that upstream drew. */
  private static final class Recorder implements Sampler {
    private final List<MlxArray> logits = new ArrayList<>();
    private final List<Integer> tokens = new ArrayList<>();

    @Override
    public MlxArray sample(MlxArray l) {
      logits.add(l.retain());
      return MlxArray.ofUint32(new int[] {tokens.get(logits.size() - 1)}, 1);
    }

    /** What was kept, which goes with that. */
    List<float[]> values() {
      List<float[]> values = logits.stream().map(MlxArray::toFloats).toList();
      logits.forEach(MlxArray::close);
      return values;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "f32-7b-like, FLOAT32, '', 1e-4",
    "q4, FLOAT32, '', 1e-4",
    "q8, FLOAT32, '', 1e-4",
    "delay2, FLOAT32, '', 1e-4",
    "depq16, FLOAT32, '', 1e-4",
    "depq4, FLOAT32, '', 1e-4",
    "layer-scale, FLOAT32, '', 1e-4",
    "depformer-rope, FLOAT32, '', 1e-4",
    "low-rank, FLOAT32, '', 1e-4",
    "demux, FLOAT32, '', 1e-4",
    "demux-two-streams, FLOAT32, '', 1e-4",
    "conditioned, FLOAT32, '', 1e-4",
    "hibiki-2b-like, FLOAT32, '', 1e-4",
    "hibiki-2b-like, BFLOAT16, _bf16, 2e-2",
    "guided, FLOAT32, '', 1e-4",
    "guided/pytorch.safetensors, FLOAT32, '', 1e-4",
    "pytorch, FLOAT32, '', 1e-4",
    "pytorch/pytorch.safetensors, FLOAT32, '', 1e-4",
    "pytorch-copied-slices/pytorch.safetensors, FLOAT32, '', 1e-4",
    "short-context, FLOAT32, '', 1e-4",
    "bf16, FLOAT32, '', 1e-4",
    "bf16, BFLOAT16, _bf16, 2e-2",
    "q4-bf16, FLOAT32, '', 1e-4",
    "q4-bf16, BFLOAT16, _bf16, 2e-2",
    "fused-attention, FLOAT32, '', 1e-4",
    "fused-attention, BFLOAT16, _bf16, 2e-2",
  })
  void logitsAreUpstreams(String name, DType dtype, String suffix, float tolerance) {
    check(name, suffix, tolerance, ComputePlan.fast(Optional.of(dtype)));
    if (dtype == DType.FLOAT32) {
      check(name, suffix, tolerance, ComputePlan.composed(OptionalLong.of(1)));
    }
  }

  private static void check(String name, String suffix, float tolerance, ComputePlan plan) {
    Golden golden = Golden.of(name);
    int steps = golden.shapes().get("text_logits" + suffix)[0];
    assertTrue(steps > 1);
    try (Lm lm = golden.load(plan)) {
      Logits logits = run(golden, lm, golden.cfgCoef(), steps);
      compare(golden, "text_logits" + suffix, logits.text(), tolerance);
      compare(golden, "audio_logits" + suffix, logits.audio(), tolerance);
    }
  }

  private record Logits(List<float[]> text, List<float[]> audio) {}

  /** Some steps along upstream's tokens. */
  private static Logits run(Golden golden, Lm lm, double cfgCoef, int steps) {
    Recorder text = new Recorder();
    Recorder audio = new Recorder();
    try (LmGenerator generator = new LmGenerator(lm, text, audio, cfgCoef)) {
      TokenStreams streams = new TokenStreams(lm.config());
      for (int step = 0; step < steps; step++) {
        text.tokens.add(golden.tokens("text_tokens", step)[0]);
        for (int token : golden.tokens("sampled", step)) {
          audio.tokens.add(token);
        }
        streams.complete(generator.step(streams.next(golden.tokens("user_tokens", step)).tokens()));
      }
      return new Logits(text.values(), audio.values());
    }
  }

  /**
   * Metal's fused attention takes heads of 64 and 128, as this model alone of the small ones has
   * them. Where there is no GPU, MLX's kernels are compared with the composed ones.
   */
  @ParameterizedTest
  @CsvSource({
    "1, FLOAT32, 1e-2, 0.95",
    "2, FLOAT32, 2e-2, 0.95",
    "1, BFLOAT16, 0.15, 0.85",
    "2, BFLOAT16, 0.15, 0.75"
  })
  void theUsualDeviceSaysWhatTheCpuSays(
      double cfgCoef, DType dtype, float tolerance, double share) {
    Golden golden = Golden.of("fused-attention");
    Logits onTheCpu;
    try (Lm lm = golden.load(ComputePlan.composed(OptionalLong.empty()))) {
      onTheCpu = run(golden, lm, cfgCoef, golden.steps());
    }
    TestDevice.usual();
    try (Lm lm = golden.load(ComputePlan.fast(Optional.of(dtype)))) {
      Logits logits = run(golden, lm, cfgCoef, golden.steps());
      compare("text", onTheCpu.text(), logits.text(), tolerance, share);
      compare("audio", onTheCpu.audio(), logits.audio(), tolerance, share);
    }
  }

  /** The logits are alike, and the best token is the same in such a share of the steps. */
  private static void compare(
      String what, List<float[]> expected, List<float[]> actual, float tolerance, double share) {
    int same = 0;
    for (int i = 0; i < expected.size(); i++) {
      compare(what + ", vector " + i, expected.get(i), actual.get(i), tolerance);
      same += best(expected.get(i)) == best(actual.get(i)) ? 1 : 0;
    }
    assertTrue(same >= share * expected.size(), what + ": " + same + " of " + expected.size());
  }

  private static int best(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }

  /** A model without a depformer, whose heads listen: text, tokens and probabilities. */
  @Test
  void aModelThatOnlyWritesIsUpstreams() {
    Golden golden = Golden.of("text-only");
    int[] heads = golden.shapes().get("extra_heads");
    assertTrue(heads[0] > 1);
    try (Lm lm = golden.load();
        LmState state = lm.newState(false)) {
      TokenStreams streams = new TokenStreams(lm.config());
      for (int step = 0; step < golden.steps(); step++) {
        int[] input = streams.next(golden.tokens("user_tokens", step)).tokens();
        try (MlxScope _ = MlxScope.open()) {
          MlxArray hidden = lm.forward(lm.embed(input), state);
          int token = TokenSampler.greedy(lm.textLogits(hidden)).itemInt();
          assertEquals(golden.tokens("text_tokens", step)[0], token, "step " + step);
          streams.complete(new int[] {token});
          for (int head = 0; step < heads[0] && head < heads[1]; head++) {
            assertArrayEquals(
                golden.row("extra_heads", step * heads[1] + head, heads[2]),
                lm.extraHeads(hidden).get(head).toFloats(),
                1e-5f);
          }
        }
      }
    }
  }

  private static void compare(Golden golden, String key, List<float[]> logits, float tolerance) {
    for (int i = 0; i < logits.size(); i++) {
      float[] upstreams = golden.row(key, i, logits.get(i).length);
      compare(key + ", vector " + i, upstreams, logits.get(i), tolerance);
    }
  }

  /** The largest difference, relative to the largest logit of the same vector. */
  private static void compare(String what, float[] expected, float[] actual, float tolerance) {
    float largest = 0;
    float difference = 0;
    for (int j = 0; j < actual.length; j++) {
      largest = Math.max(largest, Math.abs(expected[j]));
      difference = Math.max(difference, Math.abs(expected[j] - actual[j]));
    }
    assertTrue(difference <= tolerance * largest, what + ": " + difference + " of " + largest);
  }
}
