package io.moshimlx.mimi;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever comes in, the answer is a {@link MimiException} that says what is wrong. */
class MimiRobustnessTest {
  @TempDir Path folder;

  private Path weights;
  private Path config;

  @BeforeEach
  void write() throws Exception {
    weights = folder.resolve("small.safetensors");
    config = folder.resolve("small.json");
    SyntheticCodec.small().write(weights);
    Files.writeString(config, SyntheticCodec.smallConfig());
  }

  /** One sentence, as the application prints it. */
  private void refused(String file, String cause) {
    MimiException e = assertThrows(MimiException.class, () -> Mimi.open(weights, config, 8));
    assertTrue(e.getMessage().contains(file), e.getMessage());
    assertTrue(e.getMessage().contains(cause), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
    assertFalse(e.getMessage().endsWith("."), e.getMessage());
  }

  @Test
  void aMissingFileIsNamed() throws Exception {
    Files.delete(weights);
    refused("small.safetensors", "there is no such file");
    Files.delete(config);
    refused("small.json", "there is no such file");
  }

  @Test
  void aFolderIsNoFile() throws Exception {
    Files.delete(weights);
    Files.createDirectory(weights);
    refused("small.safetensors", "is not a file");
  }

  @Test
  void somethingElseIsRefused() throws Exception {
    Files.writeString(weights, "tiny");
    refused("small.safetensors", "is not a safetensors file");
    Files.writeString(weights, "<html>This repository is gated.</html>");
    refused("small.safetensors", "not a safetensors file");
    Files.write(weights, new byte[1000]);
    refused("small.safetensors", "not a safetensors file");
  }

  @Test
  void aTruncatedFileIsRefused() throws Exception {
    byte[] bytes = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(bytes, bytes.length - 1000));
    refused("small.safetensors", "is damaged: by its header it has " + bytes.length + " bytes");
    Files.write(weights, Arrays.copyOf(bytes, 500));
    refused("small.safetensors", "truncated");
  }

  @Test
  void aMissingTensorIsNamed() throws Exception {
    String name = "encoder_transformer.transformer.layers.0.norm2.bias";
    SyntheticCodec.small().without(name).write(weights);
    refused("small.safetensors", "has no tensor " + name);
    SyntheticCodec.small().without("decoder.model.0.conv.conv.weight").write(weights);
    refused("small.safetensors", "has no tensor decoder.model.0.conv.conv.weight;");
  }

  @Test
  void aMisshapenTensorIsNamed() throws Exception {
    SyntheticCodec.small().withShape("encoder.model.0.conv.conv.bias", 3).write(weights);
    refused(
        "small.safetensors", "has encoder.model.0.conv.conv.bias of shape [3], but [2] is needed");
  }

  @Test
  void tooFewCodebooksAreCounted() throws Exception {
    SyntheticCodec.small().without("quantizer.rvq_rest.vq.layers.4.").write(weights);
    refused("small.safetensors", "has 5 codebooks, but 8 are needed");
    MimiException e = assertThrows(MimiException.class, () -> Mimi.open(weights, config, 9));
    assertTrue(
        e.getMessage().contains("quantizer.n_q is 8, but 9 codebooks are needed"), e.getMessage());
    for (int codebooks : new int[] {0, -1, 33, Integer.MIN_VALUE}) {
      assertThrows(MimiException.class, () -> Mimi.open(weights, config, codebooks));
    }
  }

  @Test
  void weightsThatAreNoNumbersAreRefused() throws Exception {
    byte[] bytes = Files.readAllBytes(weights);
    ByteBuffer values = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    values.putFloat(bytes.length - 4, Float.NaN);
    Files.write(weights, bytes);
    refused("small.safetensors", "infinite or not numbers");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "not JSON | is not JSON",
        "{\"seanet\": {\"dimension\": 4000000000}} | seanet.dimension is 4000000000",
        "{\"quantizer\": {\"codebooks\": 8}} | quantizer.codebooks is not a known key",
        "{\"frame_rate\": 25} | frame_rate is 25, but only 12.5 is supported",
      })
  void aConfigurationThatCannotBeIsRefused(String text, String cause) throws Exception {
    Files.writeString(config, text);
    refused("small.json", cause);
  }

  @Test
  void arraysOfTheWrongSizeAreRefused() {
    try (Mimi mimi = Mimi.open(weights, config, 8);
        MimiEncoder encoder = mimi.newEncoder();
        MimiDecoder decoder = mimi.newDecoder()) {
      for (int size : new int[] {0, 1, 7, 9, 16, 100_000}) {
        MimiException e =
            assertThrows(MimiException.class, () -> decoder.decode(new int[size]), "size " + size);
        assertTrue(e.getMessage().contains("from 8 codes"), e.getMessage());
      }
      for (int size : new int[] {0, 1919, 1921, 3840}) {
        MimiException e =
            assertThrows(
                MimiException.class,
                () -> decoder.decode(new int[8], new float[size]),
                "size " + size);
        assertTrue(e.getMessage().contains("1920 samples, not " + size), e.getMessage());
      }
      assertThrows(NullPointerException.class, () -> decoder.decode(null));
      assertThrows(NullPointerException.class, () -> decoder.decode(new int[8], null));
      assertThrows(NullPointerException.class, () -> encoder.encode(null));
      assertEquals(0, encoder.encode(new float[0]).length);
    }
  }

  @Test
  void codesOutOfRangeAreRefused() {
    try (Mimi mimi = Mimi.open(weights, config, 8);
        MimiDecoder decoder = mimi.newDecoder()) {
      for (int code : new int[] {-1, 64, 2048, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
        int[] codes = {0, 0, 0, 0, 0, 0, 0, code};
        MimiException e = assertThrows(MimiException.class, () -> decoder.decode(codes));
        assertEquals("code %d of codebook 7 is outside 0 to 63".formatted(code), e.getMessage());
      }
    }
  }

  @Test
  void whatIsClosedSaysSo() {
    Mimi mimi = Mimi.open(weights, config, 8);
    MimiEncoder encoder = mimi.newEncoder();
    MimiDecoder decoder = mimi.newDecoder();
    for (AutoCloseable closed : List.<AutoCloseable>of(mimi, encoder, decoder)) {
      assertDoesNotThrow(closed::close);
      assertDoesNotThrow(closed::close, "closing again does nothing");
    }
    refused("the codec " + weights + " is closed", mimi::newEncoder, mimi::newDecoder);
    refused(
        "the encoder is closed",
        () -> encoder.encode(new float[1920]),
        encoder::reset,
        encoder::sanitizedSamples);
    refused("the decoder is closed", () -> decoder.decode(new int[8]), decoder::reset);
  }

  private static void refused(String message, Executable... uses) {
    for (Executable use : uses) {
      assertEquals(message, assertThrows(MimiException.class, use).getMessage());
    }
  }

  @Test
  void closingWhileOthersWorkIsSafe() throws Exception {
    float[] frame = Speech.frames(1);
    for (int round = 0; round < 50; round++) {
      Mimi mimi = Mimi.open(weights, config, 8);
      MimiEncoder encoder = mimi.newEncoder();
      MimiDecoder decoder = mimi.newDecoder();
      CountDownLatch working = new CountDownLatch(3);
      Thread encoding = worker(working, () -> encoder.encode(frame));
      Thread decoding = worker(working, () -> decoder.decode(new int[8]));
      Thread opening = worker(working, () -> mimi.newEncoder().close());
      working.await();
      Thread closer = Thread.startVirtualThread(mimi::close);
      mimi.close();
      encoder.close();
      decoder.close();
      encoding.join();
      decoding.join();
      opening.join();
      closer.join();
    }
  }

  /** Works until what it works with is closed. */
  private static Thread worker(CountDownLatch working, Runnable work) {
    return Thread.startVirtualThread(() -> {
      try {
        while (true) {
          work.run();
          working.countDown();
        }
      } catch (MimiException closed) {
        working.countDown();
      }
    });
  }

  /** Files that differ from a sound one in a few places, most of them in the header. */
  @Test
  void mutatedFilesNeverCrash() throws Exception {
    byte[] sound = Files.readAllBytes(weights);
    int header = (int) ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN).getLong();
    Random random = new Random(11);
    for (int round = 0; round < 300; round++) {
      byte[] bytes = sound.clone();
      for (int change = random.nextInt(1, 4); change > 0; change--) {
        mutate(bytes, round % 3 == 0 ? 8 : 8 + header, random);
      }
      if (round % 10 == 0) {
        bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      }
      Files.write(weights, bytes);
      openAndUse();
    }
  }

  /** Changes one place before {@code end}: a byte, a digit, or what lies between two places. */
  private static void mutate(byte[] bytes, int end, Random random) {
    int at = random.nextInt(end);
    switch (random.nextInt(3)) {
      case 0 -> bytes[at] = (byte) random.nextInt(256);
      case 1 -> {
        while (at < end - 1 && !Character.isDigit(bytes[at])) {
          at++;
        }
        bytes[at] = (byte) ('0' + random.nextInt(10));
      }
      default -> {
        int length = Math.min(random.nextInt(1, 40), end - at);
        System.arraycopy(bytes, random.nextInt(end - length + 1), bytes, at, length);
      }
    }
  }

  @Test
  void mutatedConfigurationsNeverCrash() throws Exception {
    byte[] sound = SyntheticCodec.smallConfig().getBytes(ISO_8859_1);
    Random random = new Random(12);
    for (int round = 0; round < 300; round++) {
      byte[] bytes = sound.clone();
      for (int change = random.nextInt(1, 4); change > 0; change--) {
        mutate(bytes, bytes.length, random);
      }
      Files.write(config, bytes);
      openAndUse();
    }
  }

  /** Either refused with a message, or a codec that works. */
  private void openAndUse() {
    try (Mimi mimi = Mimi.open(weights, config, 8);
        MimiEncoder encoder = mimi.newEncoder();
        MimiDecoder decoder = mimi.newDecoder()) {
      encoder.encode(new float[Mimi.FRAME_SAMPLES]);
      decoder.decode(new int[8]);
    } catch (MimiException e) {
      assertNotNull(e.getMessage());
      assertTrue(e.getMessage().contains("small."), e.getMessage());
    }
  }
}
