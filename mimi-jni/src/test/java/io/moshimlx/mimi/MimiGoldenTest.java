package io.moshimlx.mimi;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Against rustymimi, at full size and on real speech; the goldens are of scripts/goldens/mimi.py.
 */
class MimiGoldenTest {
  @TempDir static Path folder;

  private static Path weights;

  @BeforeAll
  static void writeTheCheckpoint() throws Exception {
    SyntheticCodec codec = SyntheticCodec.full();
    weights = folder.resolve("mimi.safetensors");
    assertEquals(codec.check(), codec.write(weights), "the values that upstream had");
  }

  /** 130 frames are 260 steps of the transformers, more than their context of 250. */
  @ParameterizedTest(name = "{0} codebooks")
  @CsvSource({"1, 20, 0-4", "8, 130, 0-4 122-129", "32, 20, 0-4"})
  void tokensAndPcmAreUpstreams(int codebooks, int frames, String pcmFrames) throws Exception {
    int[][] codes = codes(codebooks);
    assertEquals(frames, codes.length);
    float[] speech = Speech.frames(frames);
    FloatBuffer golden = floats("pcm-" + codebooks + ".f32");
    float peak = 0;
    float deviation = 0;
    try (Mimi mimi = Mimi.open(weights, codebooks);
        MimiEncoder encoder = mimi.newEncoder();
        MimiDecoder decoder = mimi.newDecoder()) {
      for (int frame = 0; frame < frames; frame++) {
        assertArrayEquals(
            codes[frame], encoder.encode(Speech.frame(speech, frame)), "frame " + frame);
        float[] pcm = decoder.decode(codes[frame]);
        assertEquals(Mimi.FRAME_SAMPLES, pcm.length);
        if (ranges(pcmFrames).anyMatch(Integer.valueOf(frame)::equals)) {
          for (float sample : pcm) {
            float expected = golden.get();
            peak = Math.max(peak, Math.abs(expected));
            deviation = Math.max(deviation, Math.abs(sample - expected));
          }
        }
      }
    }
    assertEquals(0, golden.remaining());
    assertTrue(deviation <= 1e-5f * peak, "PCM is off by " + deviation + " at a peak of " + peak);
  }

  @Test
  void theReleasedMimiHas2048Entries() {
    try (Mimi mimi = Mimi.open(weights, 8)) {
      assertEquals(2048, mimi.cardinality());
      assertEquals(8, mimi.codebooks());
    }
  }

  private static int[][] codes(int codebooks) {
    return new String(SyntheticCodec.resource("codes-" + codebooks + ".txt"), UTF_8)
        .lines()
        .map(line -> Arrays.stream(line.split(" ")).mapToInt(Integer::parseInt).toArray())
        .toArray(int[][]::new);
  }

  private static FloatBuffer floats(String name) {
    return ByteBuffer.wrap(SyntheticCodec.resource(name))
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer();
  }

  /** "0-4 122-129" → 0, 1, 2, 3, 4, 122, … */
  private static Stream<Integer> ranges(String text) {
    return Arrays.stream(text.split(" "))
        .map(range -> range.split("-", -1))
        .flatMap(ends ->
            IntStream.rangeClosed(Integer.parseInt(ends[0]), Integer.parseInt(ends[1])).boxed());
  }
}
