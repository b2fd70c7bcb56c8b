package io.moshimlx.audio;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.UserException;
import io.moshimlx.recording.AudioFileException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecordingSourceTest {
  @TempDir Path folder;

  private Path file(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("in.wav"), bytes);
  }

  /** The whole file, frame after frame. */
  private static float[] read(Path path) {
    List<float[]> frames = new ArrayList<>();
    try (RecordingSource source = RecordingSource.open(path, AudioNotices.NONE)) {
      float[] frame = new float[AudioSource.FRAME_SAMPLES];
      while (source.read(frame)) {
        frames.add(frame.clone());
      }
      assertFalse(source.read(frame), "a source that has ended stays ended");
      assertEquals(frames.size(), source.totalFrames());
    }
    float[] all = new float[frames.size() * AudioSource.FRAME_SAMPLES];
    for (int i = 0; i < frames.size(); i++) {
      System.arraycopy(frames.get(i), 0, all, i * AudioSource.FRAME_SAMPLES, 1920);
    }
    return all;
  }

  private float[] readStart(byte[] bytes, int samples) throws IOException {
    return Arrays.copyOf(read(file(bytes)), samples);
  }

  @Test
  void anythingAt24kHzMonoComesThroughUnaltered() throws IOException {
    int[] samples = new int[1920 * 3 + 7];
    Random random = new Random(1);
    Arrays.setAll(samples, i -> random.nextInt(65536) - 32768);
    float[] read = read(file(Wavs.bytes(Wavs.PCM, 16, 1, 24000, Wavs.samples16(samples))));
    assertEquals(4 * 1920, read.length);
    for (int i = 0; i < read.length; i++) {
      assertEquals(i < samples.length ? samples[i] / 32768f : 0f, read[i]);
    }
  }

  @Test
  void everyWidthIsScaledToItsFullRange() throws IOException {
    float[] expected = {-1f, -0.5f, 0f, 0.5f};
    byte[] eight = {0, 64, (byte) 128, (byte) 192};
    assertArrayEquals(expected, readStart(Wavs.bytes(Wavs.PCM, 8, 1, 24000, eight), 4));
    byte[] sixteen = Wavs.samples16(-32768, -16384, 0, 16384);
    assertArrayEquals(expected, readStart(Wavs.bytes(Wavs.PCM, 16, 1, 24000, sixteen), 4));
    byte[] twentyFour = {0, 0, -128, 0, 0, -64, 0, 0, 0, 0, 0, 64};
    assertArrayEquals(expected, readStart(Wavs.bytes(Wavs.PCM, 24, 1, 24000, twentyFour), 4));
    byte[] thirtyTwo = {0, 0, 0, -128, 0, 0, 0, -64, 0, 0, 0, 0, 0, 0, 0, 64};
    assertArrayEquals(expected, readStart(Wavs.bytes(Wavs.PCM, 32, 1, 24000, thirtyTwo), 4));
    ByteBuffer floats = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    floats.putFloat(-1f).putFloat(-0.5f).putFloat(0f).putFloat(0.5f);
    assertArrayEquals(expected, readStart(Wavs.bytes(Wavs.FLOAT, 32, 1, 24000, floats.array()), 4));
    ByteBuffer doubles = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
    doubles.putDouble(-1).putDouble(-0.5).putDouble(0).putDouble(0.5);
    assertArrayEquals(
        expected, readStart(Wavs.bytes(Wavs.FLOAT, 64, 1, 24000, doubles.array()), 4));
  }

  @Test
  void theLowBitsOf24BitSamplesCount() throws IOException {
    byte[] samples = {1, 0, 0, (byte) 0xff, (byte) 0xff, (byte) 0xff};
    float[] read = readStart(Wavs.bytes(Wavs.PCM, 24, 1, 24000, samples), 2);
    assertArrayEquals(new float[] {0x1p-23f, -0x1p-23f}, read);
  }

  /** G.711: 0xff and 0x7f are mu-law's two zeros, 0x00 and 0x80 its extremes; 0xd5 A-law's 8. */
  @Test
  void compandedSoundIsExpanded() throws IOException {
    byte[] mu = {(byte) 0xff, 0x7f, 0x00, (byte) 0x80};
    float[] read = readStart(Wavs.bytes(Wavs.MU_LAW, 8, 1, 24000, mu), 4);
    assertArrayEquals(new float[] {0, 0, -32124 / 32768f, 32124 / 32768f}, read);
    byte[] a = {(byte) 0xd5, 0x55, (byte) 0xaa, 0x2a};
    read = readStart(Wavs.bytes(Wavs.A_LAW, 8, 1, 24000, a), 4);
    assertArrayEquals(new float[] {8 / 32768f, -8 / 32768f, 32256 / 32768f, -32256 / 32768f}, read);
  }

  @Test
  void channelsAreMixedByTheirMean() throws IOException {
    byte[] stereo = Wavs.samples16(1000, 3000, -32768, -32768, 32767, -32767);
    float[] read = readStart(Wavs.bytes(Wavs.PCM, 16, 2, 24000, stereo), 3);
    assertArrayEquals(new float[] {2000 / 32768f, -1f, 0f}, read);
    byte[] six = Wavs.samples16(600, 0, 0, 0, 0, 0);
    assertEquals(100 / 32768f, readStart(Wavs.bytes(Wavs.PCM, 16, 6, 24000, six), 1)[0]);
  }

  @Test
  void aFileOfAnotherRateIsResampled() throws IOException {
    int rate = 44100;
    int[] samples = new int[2 * rate];
    for (int i = 0; i < rate; i++) {
      samples[2 * i] = (int) Math.round(16384 * Math.sin(2 * Math.PI * 1000 * i / rate));
      samples[2 * i + 1] = samples[2 * i];
    }
    float[] read = read(file(Wavs.bytes(Wavs.PCM, 16, 2, rate, Wavs.samples16(samples))));
    assertEquals(13 * 1920, read.length);
    for (int i = 1000; i < 23000; i++) {
      assertEquals(0.5 * Math.sin(2 * Math.PI * 1000 * i / 24000), read[i], 5e-5);
    }
    assertEquals(0f, read[24000]);
  }

  @Test
  void aWavWrittenToAPipeHasNoSizeAndIsReadToItsEnd() throws IOException {
    byte[] data = Wavs.samples16(new int[5000]);
    for (int claimed : new int[] {-1, Integer.MAX_VALUE, Integer.MAX_VALUE - 4095}) {
      assertEquals(3 * 1920, read(file(Wavs.bytes(Wavs.PCM, 16, 1, 24000, data, claimed))).length);
    }
  }

  @Test
  void otherChunksAndTheExtensibleFormatAreUnderstood() throws IOException {
    ByteBuffer wav = ByteBuffer.allocate(100).order(ByteOrder.LITTLE_ENDIAN);
    wav.put("RIFF".getBytes(US_ASCII)).putInt(92).put("WAVEfmt ".getBytes(US_ASCII)).putInt(40);
    wav.putShort((short) 0xfffe).putShort((short) 1).putInt(24000).putInt(48000);
    wav.putShort((short) 2).putShort((short) 16).putShort((short) 22).putShort((short) 16);
    wav.putInt(4).putShort((short) 1).putShort((short) 0);
    wav.put(new byte[] {0, 0, 16, 0, (byte) 0x80, 0, 0, (byte) 0xaa, 0, 0x38, (byte) 0x9b, 0x71});
    wav.put("LIST".getBytes(US_ASCII)).putInt(11).put(new byte[12]);
    wav.put("data".getBytes(US_ASCII)).putInt(4).putShort((short) 16384).putShort((short) -16384);
    wav.putInt(0);
    assertArrayEquals(new float[] {0.5f, -0.5f}, readStart(wav.array(), 2));
  }

  @Test
  void aPipeIsReadWithoutKnowingItsLength() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    byte[] wav = Wavs.bytes(Wavs.PCM, 16, 1, 24000, Wavs.samples16(new int[4000]));
    Thread writer = Thread.ofPlatform().start(() -> write(pipe, wav));
    try (RecordingSource source = RecordingSource.open(pipe, AudioNotices.NONE)) {
      assertEquals(-1, source.totalFrames());
      float[] frame = new float[1920];
      int frames = 0;
      while (source.read(frame)) {
        frames++;
      }
      assertEquals(3, frames);
    }
    writer.join();
  }

  private static void write(Path path, byte[] bytes) {
    try {
      Files.write(path, bytes);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String refusal(Path path) {
    try (RecordingSource source = RecordingSource.open(path, AudioNotices.NONE)) {
      return "accepted, with frames: " + source.totalFrames();
    } catch (UserException e) {
      String message = e.getMessage();
      assertTrue(message.startsWith(path.toString()), message);
      assertFalse(message.contains("\n"), message);
      return message.substring(path.toString().length() + 1);
    }
  }

  @Test
  void whatIsNotThereIsNamed() throws IOException {
    assertEquals(
        "cannot be read: there is no such file; give a recording that can be read",
        refusal(folder.resolve("none.wav")));
    assertEquals(
        "cannot be read: it is a folder; give a recording that can be read", refusal(folder));
    assertEquals("is empty; give a recording that holds sound", refusal(file(new byte[0])));
    assertEquals(
        "holds no sound; give a recording that holds sound",
        refusal(file(Wavs.bytes(Wavs.PCM, 16, 1, 24000, new byte[0]))));
  }

  @ParameterizedTest
  @CsvSource({
    "MThd, 'is a MIDI file, which has notes and no sound'",
    "%PDF, is a PDF document",
    "'hello, this is text', is a text file"
  })
  void whatHoldsNoSoundIsNamed(String start, String kind) throws IOException {
    byte[] bytes = Arrays.copyOf(start.getBytes(US_ASCII), kind.endsWith("text file") ? 19 : 400);
    assertEquals(kind + "; give a recording that holds sound", refusal(file(bytes)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"my talk.wav", "it's.wav", "-x.wav", "a:b.wav"})
  void theCommandThatConvertsWorksWhenPasted(String name) throws Exception {
    String pasted =
        Recordings.refusal(name, true, new AudioFileException("is an AMR recording")).getMessage();
    assertTrue(
        pasted.startsWith(name + " is an AMR recording; convert it first: ffmpeg -i "), pasted);
    // A shell shows the words that ffmpeg would get.
    String words =
        pasted.substring(pasted.indexOf("ffmpeg -i ")).replace("ffmpeg", "printf '%s\\n'");
    Process shell = new ProcessBuilder("sh", "-c", words).start();
    List<String> seen = new String(shell.getInputStream().readAllBytes(), UTF_8).lines().toList();
    assertEquals(0, shell.waitFor());
    boolean taken = name.startsWith("-") || name.contains(":");
    assertEquals(
        List.of("-i", (taken ? "./" : "") + name, "-ar", "24000", "-ac", "1", "converted.wav"),
        seen);
  }

  @Test
  void randomBytesAreNoRecording() throws IOException {
    byte[] bytes = new byte[1000];
    new Random(2).nextBytes(bytes);
    String refusal = refusal(file(bytes));
    assertTrue(refusal.contains("; convert it first: ffmpeg -i "), refusal);
  }

  @Test
  void anUnknownKindOfWavIsRefusedWithARemedy() throws IOException {
    Path adpcm = file(Wavs.bytes(2, 4, 1, 24000, new byte[1000]));
    assertTrue(
        refusal(adpcm)
            .startsWith("holds ADPCM sound, which is not understood; convert it first: "));
    Path slow = file(Wavs.bytes(Wavs.PCM, 16, 1, 0, new byte[1000]));
    assertTrue(refusal(slow).startsWith("holds sound of 0 samples a second; convert it"));
  }

  @Test
  void aHeaderCutOffAnywhereIsRefused() throws IOException {
    byte[] whole = Wavs.bytes(Wavs.PCM, 16, 1, 24000, new byte[100]);
    for (int length = 1; length <= 45; length++) {
      String refusal = refusal(file(Arrays.copyOf(whole, length)));
      assertTrue(
          refusal.matches("(is|does|holds) .*; (give a recording|convert it first).*"),
          length + ": " + refusal);
    }
  }

  @Test
  void aDamagedHeaderNeverDoesMoreThanBeRefused() throws IOException {
    byte[] whole = Wavs.bytes(Wavs.PCM, 16, 2, 44100, new byte[400]);
    Random random = new Random(3);
    int refused = 0;
    for (int trial = 0; trial < 1000; trial++) {
      byte[] damaged = whole.clone();
      for (int i = random.nextInt(4); i >= 0; i--) {
        damaged[random.nextInt(44)] = (byte) random.nextInt(256);
      }
      Path path = file(damaged);
      try (RecordingSource source = RecordingSource.open(path, AudioNotices.NONE)) {
        float[] frame = new float[1920];
        for (int i = 0; i < 3 && source.read(frame); i++) {}
      } catch (UserException e) {
        refused++;
      }
    }
    assertTrue(refused > 100, refused + " refused");
  }

  /** Our own decoding agrees with what javax.sound writes. */
  @Test
  void filesOfJavaxSoundAreRead() throws IOException {
    byte[] data = Wavs.samples16(1, -2, 3, -4);
    AudioFormat format = new AudioFormat(24000, 16, 1, true, false);
    AudioInputStream stream = new AudioInputStream(new ByteArrayInputStream(data), format, 4);
    Path path = folder.resolve("javax.wav");
    AudioSystem.write(stream, javax.sound.sampled.AudioFileFormat.Type.WAVE, path.toFile());
    assertArrayEquals(
        new float[] {0x1p-15f, -0x2p-15f, 0x3p-15f, -0x4p-15f}, Arrays.copyOf(read(path), 4));
  }
}
