package io.moshimlx.mimi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a stream does, on a small codec. */
class MimiStreamTest {
  private static final int FRAMES = 60;

  @TempDir Path folder;

  private Mimi mimi;
  private float[] speech;

  @BeforeEach
  void open() throws Exception {
    mimi = openSmall();
    speech = Speech.frames(FRAMES);
  }

  @AfterEach
  void close() {
    mimi.close();
  }

  private Mimi openSmall() throws Exception {
    Path weights = folder.resolve("small.safetensors");
    Path config = folder.resolve("small.json");
    SyntheticCodec codec = SyntheticCodec.small();
    assertEquals(codec.check(), codec.write(weights));
    Files.writeString(config, SyntheticCodec.smallConfig());
    return Mimi.open(weights, config, 8);
  }

  /** The codes of whole frames, one call each. */
  private static int[] encodeFrames(Mimi mimi, float[] pcm) {
    return IntStream.range(0, pcm.length / Mimi.FRAME_SAMPLES)
        .mapToObj(frame -> mimi.encode(Speech.frame(pcm, frame)))
        .flatMapToInt(Arrays::stream)
        .toArray();
  }

  /** The samples of whole frames, one call each. */
  private static float[] decodeFrames(Mimi mimi, int[] codes) {
    int frames = codes.length / mimi.codebooks();
    float[] pcm = new float[frames * Mimi.FRAME_SAMPLES];
    for (int frame = 0; frame < frames; frame++) {
      int start = frame * mimi.codebooks();
      float[] samples = mimi.decode(Arrays.copyOfRange(codes, start, start + mimi.codebooks()));
      System.arraycopy(samples, 0, pcm, frame * Mimi.FRAME_SAMPLES, Mimi.FRAME_SAMPLES);
    }
    return pcm;
  }

  @Test
  void theConfigurationSaysTheSize() {
    assertEquals(64, mimi.cardinality());
    assertEquals(8, mimi.codebooks());
    int[] codes = encodeFrames(mimi, speech);
    assertEquals(FRAMES * 8, codes.length);
    assertTrue(Arrays.stream(codes).allMatch(code -> code >= 0 && code < 64));
    assertTrue(Arrays.stream(codes).distinct().count() > 32, "the codec reacts to its input");
  }

  @Test
  void chunksOfAnySizeGiveTheCodesOfWholeFrames() throws Exception {
    int[] expected = encodeFrames(mimi, speech);
    Random random = new Random(7);
    try (Mimi other = openSmall()) {
      int[] codes = new int[0];
      for (int start = 0; start < speech.length; ) {
        // From nothing at all to several frames at once.
        int end = Math.min(speech.length, start + random.nextInt(6000));
        int[] more = other.encode(Arrays.copyOfRange(speech, start, end));
        int complete = end / Mimi.FRAME_SAMPLES - start / Mimi.FRAME_SAMPLES;
        assertEquals(complete * 8, more.length);
        codes = IntStream.concat(Arrays.stream(codes), Arrays.stream(more)).toArray();
        start = end;
      }
      assertArrayEquals(expected, codes);
    }
    mimi.reset();
    assertArrayEquals(expected, mimi.encode(speech), "all in one call");
  }

  @Test
  void resetBeginsAnew() throws Exception {
    try (Mimi fresh = openSmall()) {
      int[] codes = encodeFrames(fresh, speech);
      float[] pcm = decodeFrames(fresh, codes);
      mimi.encode(new float[10_000]);
      mimi.decode(new int[8]);
      mimi.reset();
      assertArrayEquals(codes, encodeFrames(mimi, speech));
      assertArrayEquals(pcm, decodeFrames(mimi, codes));
    }
  }

  @Test
  void encodingAndDecodingAtOnceChangesNothing() throws Exception {
    int[] codes = encodeFrames(mimi, speech);
    float[] pcm = decodeFrames(mimi, codes);
    mimi.reset();
    try (var threads = Executors.newFixedThreadPool(2)) {
      var encoded = threads.submit(() -> encodeFrames(mimi, speech));
      var decoded = threads.submit(() -> decodeFrames(mimi, codes));
      assertArrayEquals(codes, encoded.get());
      assertArrayEquals(pcm, decoded.get());
    }
  }

  @Test
  void brokenSamplesAreSilenceAndCounted() {
    float[] broken = speech.clone();
    float[] mended = speech.clone();
    float[] bad = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 2e6f, -1e30f};
    for (int i = 0; i < bad.length; i++) {
      broken[1000 + 777 * i] = bad[i];
      mended[1000 + 777 * i] = 0;
    }
    int[] codes = encodeFrames(mimi, broken);
    assertEquals(bad.length, mimi.sanitizedSamples());
    mimi.reset();
    assertEquals(bad.length, mimi.sanitizedSamples(), "counted since the codec was opened");
    assertArrayEquals(encodeFrames(mimi, mended), codes);
  }

  @Test
  void aRefusedFrameLeavesTheStreamAsItWas() {
    float[] first = mimi.decode(new int[8]);
    float[] second = mimi.decode(new int[8]);
    assertFalse(Arrays.equals(first, second), "the stream has a memory");
    mimi.reset();
    mimi.decode(new int[8]);
    try {
      mimi.decode(new int[] {0, 0, 0, 64, 0, 0, 0, 0});
    } catch (MimiException refused) {
      assertEquals("code 64 of codebook 3 is outside 0 to 63", refused.getMessage());
    }
    assertArrayEquals(second, mimi.decode(new int[8]));
  }
}
