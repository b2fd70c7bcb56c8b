package io.moshimlx.audio;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.moshimlx.UserException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** WAV files as users of programs like this one reported them: each is one second of a tone. */
class OddWavsTest {
  private static final int SECOND = 24000;

  @TempDir Path folder;

  private final List<String> warnings = new ArrayList<>();
  private final AudioNotices notices =
      new AudioNotices() {
        @Override
        public void incomplete(String sentence) {
          warnings.add(sentence);
        }
      };

  private static double tone(int i) {
    return 0.5 * Math.sin(2 * Math.PI * 440 * i / SECOND);
  }

  private static byte[] shorts() {
    ByteBuffer bytes = ByteBuffer.allocate(2 * SECOND).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < SECOND; i++) {
      bytes.putShort((short) (tone(i) * 32767));
    }
    return bytes.array();
  }

  private static byte[] floats() {
    ByteBuffer bytes = ByteBuffer.allocate(4 * SECOND).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < SECOND; i++) {
      bytes.putFloat((float) tone(i));
    }
    return bytes.array();
  }

  /** A chunk that states a size; where it is odd, a byte follows that is given or none. */
  private static byte[] chunk(String name, long size, byte[] body, int... fill) {
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + body.length + fill.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(name.getBytes(US_ASCII)).putInt((int) size).put(body);
    for (int b : fill) {
      bytes.put((byte) b);
    }
    return bytes.array();
  }

  private static byte[] chunk(String name, byte[] body) {
    return chunk(name, body.length, body);
  }

  private static byte[] format(int tag, int channels, int rate, int align, int bits) {
    ByteBuffer bytes =
        ByteBuffer.allocate(16)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putShort((short) tag)
            .putShort((short) channels)
            .putInt(rate);
    bytes.putInt(rate * align).putShort((short) align).putShort((short) bits);
    return chunk("fmt ", bytes.array());
  }

  private static byte[] riff(long size, byte[]... chunks) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes("WAVE".getBytes(US_ASCII));
    for (byte[] chunk : chunks) {
      all.writeBytes(chunk);
    }
    return chunk("RIFF", size < 0 ? all.size() : size, all.toByteArray());
  }

  /** Asserts that file and pipe give the tone, and what is warned of. */
  private void isTone(int samples, byte[] wav, String... expectedWarnings) throws IOException {
    Path file = Files.write(folder.resolve("odd.wav"), wav);
    try (RecordingSource source = RecordingSource.open(file, notices)) {
      isTone(samples, source.readSamples(3L * SECOND));
    }
    List<String> expected = new ArrayList<>();
    for (String warning : expectedWarnings) {
      expected.add(file + " " + warning + "; what is there is used");
    }
    assertEquals(expected, warnings);
    try (RecordingSource source =
        RecordingSource.ofStdin(new ByteArrayInputStream(wav), Channel.MIX, notices)) {
      isTone(samples, source.readSamples(3L * SECOND));
    }
    assertEquals(2 * expected.size(), warnings.size(), warnings.toString());
    warnings.clear();
  }

  private static void isTone(int samples, float[] heard) {
    assertEquals(samples, heard.length);
    for (int i = 0; i < samples; i++) {
      assertEquals(tone(i), heard[i], 1e-4, "sample " + i);
    }
  }

  @Test
  void soundWithoutASizeIsReadToItsEnd() throws IOException {
    byte[] pcm = format(1, 1, SECOND, 2, 16);
    isTone(SECOND, riff(36, pcm, chunk("data", 0, shorts())));
    isTone(SECOND, riff(-1, pcm, chunk("data", 0xffffffffL, shorts())));
    // As macOS leaves it where a program crashed.
    isTone(
        SECOND,
        riff(
            4088,
            chunk("JUNK", new byte[28]),
            format(3, 1, SECOND, 4, 32),
            chunk("FLLR", new byte[4008]),
            chunk("data", 0, floats())));
  }

  @Test
  void theSizeOfTheWholeMattersToNobody() throws IOException {
    byte[] sound = chunk("data", floats());
    isTone(SECOND, riff(0, format(3, 1, SECOND, 4, 32), sound));
    isTone(SECOND, riff(20_000, format(3, 1, SECOND, 4, 32), sound));
  }

  @Test
  void chunksOfAnySizeStandAnywhere() throws IOException {
    byte[] list = chunk("LIST", new byte[393_164]);
    byte[] sound = chunk("data", floats());
    isTone(SECOND, riff(-1, format(3, 1, SECOND, 4, 32), list, sound));
    isTone(SECOND, riff(-1, list, format(3, 1, SECOND, 4, 32), sound, list));
    byte[] empty = chunk("data", new byte[0]);
    byte[] pcm = format(1, 1, SECOND, 2, 16);
    isTone(SECOND, riff(-1, pcm, empty, chunk("data", shorts())));
  }

  @Test
  void anOddChunkMayBeFilledUpWithAnythingOrNothing() throws IOException {
    byte[] pcm = format(1, 1, SECOND, 2, 16);
    byte[] text = "INFOx".getBytes(US_ASCII);
    for (int[] fill : new int[][] {{}, {0}, {0x51}}) {
      isTone(SECOND, riff(-1, pcm, chunk("LIST", 5, text, fill), chunk("data", shorts())));
    }
  }

  @Test
  void samplesNarrowerThanTheirBytesAreFoundInThem() throws IOException {
    ByteBuffer low = ByteBuffer.allocate(4 * SECOND).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer high = ByteBuffer.allocate(4 * SECOND).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < SECOND; i++) {
      low.putInt((int) (tone(i) * 8388607));
      high.putInt((int) (tone(i) * 8388607) << 8);
    }
    isTone(SECOND, riff(-1, format(1, 1, SECOND, 4, 24), chunk("data", low.array())));
    isTone(SECOND, riff(-1, format(1, 1, SECOND, 4, 24), chunk("data", high.array())));
    // A block alignment that is wrong beside samples that are sound.
    isTone(SECOND, riff(-1, format(1, 1, SECOND, 1, 16), chunk("data", shorts())));
    isTone(SECOND, riff(-1, format(1, 1, SECOND, 4, 16), chunk("data", shorts())));
  }

  @Test
  void companded8BitsAreSoWhateverTheFormatSays() throws IOException {
    byte[] silence = new byte[SECOND];
    Arrays.fill(silence, (byte) 0xff);
    byte[] guid = HexFormat.of().parseHex("0700000000001000800000aa00389b71");
    ByteBuffer extension =
        ByteBuffer.allocate(40)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putShort((short) 0xfffe)
            .putShort((short) 1)
            .putInt(SECOND);
    extension.putInt(SECOND).putShort((short) 1).putShort((short) 8).putShort((short) 22);
    extension.putShort((short) 8).putInt(4).put(guid);
    for (byte[] format : List.of(format(7, 1, SECOND, 1, 16), chunk("fmt ", extension.array()))) {
      Path file = Files.write(folder.resolve("law.wav"), riff(-1, format, chunk("data", silence)));
      try (RecordingSource source = RecordingSource.open(file, notices)) {
        float[] heard = source.readSamples(2L * SECOND);
        assertEquals(SECOND, heard.length);
        assertEquals(0f, heard[100]);
      }
    }
  }

  @Test
  void whatLacksIsWarnedOf() throws IOException {
    byte[] pcm = format(1, 1, SECOND, 2, 16);
    byte[] lacking2 = Arrays.copyOf(shorts(), 2 * SECOND - 2);
    isTone(
        SECOND - 1,
        riff(-1, pcm, chunk("data", 48_000, lacking2)),
        "is cut off: 2 of 48,000 bytes of its sound are missing");
    byte[] half = Arrays.copyOf(shorts(), SECOND);
    isTone(
        SECOND / 2,
        riff(-1, pcm, chunk("data", 48_000, half)),
        "is cut off: 24,000 of 48,000 bytes of its sound are missing");
  }

  @Test
  void aSizeThatIsTooSmallHidesNothing() throws IOException {
    byte[] pcm = format(1, 1, SECOND, 2, 16);
    isTone(SECOND, riff(20_036, pcm, chunk("data", 20_000, shorts())));
    // What players of MP3 append is no sound.
    byte[] tag = Arrays.copyOf("TAG".getBytes(US_ASCII), 128);
    isTone(SECOND, riff(-1, pcm, chunk("data", shorts()), tag));
  }

  @Test
  void anEmptyOneIsRefusedFromAPipeAsWell() {
    byte[] wav = riff(-1, format(1, 1, SECOND, 2, 16), chunk("data", new byte[0]));
    String refusal =
        assertThrows(
                UserException.class,
                () -> RecordingSource.ofStdin(new ByteArrayInputStream(wav), Channel.MIX, notices))
            .getMessage();
    assertEquals("stdin holds no sound; give a recording that holds sound", refusal);
  }
}
