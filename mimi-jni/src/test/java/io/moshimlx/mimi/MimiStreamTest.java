package io.moshimlx.mimi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a stream does, and that it does the same beside others, on a small codec. */
class MimiStreamTest {
  private static final int FRAMES = 60;

  /** More than the context of the transformers, 250 steps, holds. */
  private static final int LONG_FRAMES = 150;

  private static final int STREAMS = 4;

  @TempDir Path folder;

  private Mimi mimi;
  private MimiEncoder encoder;
  private MimiDecoder decoder;
  private float[] speech;

  @BeforeEach
  void open() throws Exception {
    mimi = openSmall();
    encoder = mimi.newEncoder();
    decoder = mimi.newDecoder();
    speech = Speech.frames(FRAMES);
  }

  @AfterEach
  void close() {
    encoder.close();
    decoder.close();
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
  private static int[] encodeFrames(MimiEncoder encoder, float[] pcm) {
    return IntStream.range(0, pcm.length / Mimi.FRAME_SAMPLES)
        .mapToObj(frame -> encoder.encode(Speech.frame(pcm, frame)))
        .flatMapToInt(Arrays::stream)
        .toArray();
  }

  /** The samples of whole frames of 8 codes, one call each. */
  private static float[] decodeFrames(MimiDecoder decoder, int[] codes) {
    int frames = codes.length / 8;
    float[] pcm = new float[frames * Mimi.FRAME_SAMPLES];
    for (int frame = 0; frame < frames; frame++) {
      float[] samples = decoder.decode(Arrays.copyOfRange(codes, frame * 8, (frame + 1) * 8));
      System.arraycopy(samples, 0, pcm, frame * Mimi.FRAME_SAMPLES, Mimi.FRAME_SAMPLES);
    }
    return pcm;
  }

  @Test
  void theConfigurationSaysTheSize() {
    assertEquals(64, mimi.cardinality());
    assertEquals(8, mimi.codebooks());
    int[] codes = encodeFrames(encoder, speech);
    assertEquals(FRAMES * 8, codes.length);
    assertTrue(Arrays.stream(codes).allMatch(code -> code >= 0 && code < 64));
    assertTrue(Arrays.stream(codes).distinct().count() > 32, "the codec reacts to its input");
  }

  @Test
  void chunksOfAnySizeGiveTheCodesOfWholeFrames() {
    int[] expected = encodeFrames(encoder, speech);
    Random random = new Random(7);
    try (MimiEncoder other = mimi.newEncoder()) {
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
    encoder.reset();
    assertArrayEquals(expected, encoder.encode(speech), "all in one call");
  }

  @Test
  void resetBeginsAnew() throws Exception {
    try (Mimi other = openSmall();
        MimiEncoder freshEncoder = other.newEncoder();
        MimiDecoder freshDecoder = other.newDecoder()) {
      int[] codes = encodeFrames(freshEncoder, speech);
      float[] pcm = decodeFrames(freshDecoder, codes);
      encoder.encode(new float[10_000]);
      decoder.decode(new int[8]);
      encoder.reset();
      decoder.reset();
      assertArrayEquals(codes, encodeFrames(encoder, speech));
      assertArrayEquals(pcm, decodeFrames(decoder, codes));
    }
  }

  /** Each hears and says something else, in step with the others. */
  @Test
  void streamsThatRunAtOnceDoNotInfluenceEachOther() throws Exception {
    List<float[]> inputs = new ArrayList<>();
    List<int[]> codes = new ArrayList<>();
    List<float[]> outputs = new ArrayList<>();
    float[] first = Speech.frames(LONG_FRAMES + STREAMS);
    for (int i = 0; i < STREAMS; i++) {
      int begin = i * Mimi.FRAME_SAMPLES + 100 * i;
      inputs.add(Arrays.copyOfRange(first, begin, begin + LONG_FRAMES * Mimi.FRAME_SAMPLES));
      try (Mimi lone = openSmall();
          MimiEncoder loneEncoder = lone.newEncoder();
          MimiDecoder loneDecoder = lone.newDecoder()) {
        codes.add(encodeFrames(loneEncoder, inputs.getLast()));
        outputs.add(decodeFrames(loneDecoder, codes.getLast()));
      }
    }
    List<MimiEncoder> encoders = new ArrayList<>();
    List<MimiDecoder> decoders = new ArrayList<>();
    CyclicBarrier start = new CyclicBarrier(2 * STREAMS);
    try (var threads = Executors.newFixedThreadPool(2 * STREAMS)) {
      List<Callable<Void>> streams = new ArrayList<>();
      for (int i = 0; i < STREAMS; i++) {
        MimiEncoder oneEncoder = mimi.newEncoder();
        MimiDecoder oneDecoder = mimi.newDecoder();
        encoders.add(oneEncoder);
        decoders.add(oneDecoder);
        float[] input = inputs.get(i);
        int[] ownCodes = codes.get(i);
        float[] output = outputs.get(i);
        streams.add(() -> {
          start.await();
          assertArrayEquals(ownCodes, encodeFrames(oneEncoder, input));
          return null;
        });
        streams.add(() -> {
          start.await();
          assertArrayEquals(output, decodeFrames(oneDecoder, ownCodes));
          return null;
        });
      }
      for (var stream : threads.invokeAll(streams)) {
        stream.get();
      }
    } finally {
      encoders.forEach(MimiEncoder::close);
      decoders.forEach(MimiDecoder::close);
    }
  }

  @Test
  void aStreamBeginsAfreshWhateverOthersHaveDone() {
    int[] codes = encodeFrames(encoder, speech);
    float[] pcm = decodeFrames(decoder, codes);
    try (MimiEncoder later = mimi.newEncoder();
        MimiDecoder laterDecoder = mimi.newDecoder()) {
      assertArrayEquals(codes, encodeFrames(later, speech));
      assertArrayEquals(pcm, decodeFrames(laterDecoder, codes));
      assertEquals(0, later.sanitizedSamples());
    }
  }

  @Test
  void closingAStreamOrTheWeightsDisturbsNoOther() {
    int[] codes = encodeFrames(encoder, speech);
    float[] pcm = decodeFrames(decoder, codes);
    encoder.reset();
    decoder.reset();
    int half = FRAMES / 2;
    MimiEncoder other = mimi.newEncoder();
    MimiDecoder otherDecoder = mimi.newDecoder();
    int middle = half * Mimi.FRAME_SAMPLES;
    int[] begun = encoder.encode(Arrays.copyOf(speech, middle));
    float[] spoken = decodeFrames(decoder, Arrays.copyOf(codes, half * 8));
    other.encode(speech);
    decodeFrames(otherDecoder, codes);
    other.close();
    otherDecoder.close();
    mimi.close();
    int[] ended = encoder.encode(Arrays.copyOfRange(speech, middle, speech.length));
    assertArrayEquals(Arrays.copyOf(codes, begun.length), begun);
    assertArrayEquals(Arrays.copyOfRange(codes, begun.length, codes.length), ended);
    assertArrayEquals(Arrays.copyOf(pcm, spoken.length), spoken);
    assertArrayEquals(
        Arrays.copyOfRange(pcm, middle, pcm.length),
        decodeFrames(decoder, Arrays.copyOfRange(codes, half * 8, codes.length)));
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
    int[] codes = encodeFrames(encoder, broken);
    assertEquals(bad.length, encoder.sanitizedSamples());
    encoder.reset();
    assertEquals(bad.length, encoder.sanitizedSamples(), "counted since the encoder was made");
    assertArrayEquals(encodeFrames(encoder, mended), codes);
  }

  @Test
  void aRefusedFrameLeavesTheStreamAsItWas() {
    float[] first = decoder.decode(new int[8]);
    float[] second = decoder.decode(new int[8]);
    assertFalse(Arrays.equals(first, second), "the stream has a memory");
    decoder.reset();
    decoder.decode(new int[8]);
    MimiException refused =
        assertThrows(
            MimiException.class, () -> decoder.decode(new int[] {0, 0, 0, 64, 0, 0, 0, 0}));
    assertEquals("code 64 of codebook 3 is outside 0 to 63", refused.getMessage());
    assertArrayEquals(second, decoder.decode(new int[8]));
  }
}
