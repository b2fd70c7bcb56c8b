package io.moshimlx.audio;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.UserException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Recordings that are not WAV; {@code scripts/make-formats} makes them, of one second each. */
class FormatsTest {
  private static final Path FORMATS = Path.of("src/test/resources/formats");

  @TempDir Path folder;

  /** The tone that is in all of them: it rises from 200 to 2200 Hz. */
  private static double tone(double seconds) {
    return 0.5 * Math.sin(2 * Math.PI * (200 * seconds + 1000 * seconds * seconds));
  }

  private static final class Lacks implements AudioNotices {
    private final List<String> sentences = new ArrayList<>();

    @Override
    public void incomplete(String sentence) {
      sentences.add(sentence);
    }
  }

  private static float[] read(Path file, Channel channel, Lacks lacks) {
    try (RecordingSource source = RecordingSource.open(file, channel, lacks)) {
      return source.readSamples(10L * AudioSource.SAMPLE_RATE);
    }
  }

  /** Without a name that says what it is. */
  private Path nameless(String format, int length) throws IOException {
    byte[] bytes = Files.readAllBytes(FORMATS.resolve(format));
    return Files.write(
        folder.resolve("recording"), length < 0 ? bytes : Arrays.copyOf(bytes, length));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mono.flac",
        "mono.alac.m4a",
        "mono.alac.caf",
        "mono.pcm.caf",
        "mono.aiff",
        "mono.aifc"
      })
  void losslessFormatsGiveTheVerySamples(String format) throws IOException {
    try (Recording recording = Recordings.open(nameless(format, -1))) {
      assertEquals(8000, recording.rate());
      // What fills up the last packet may be counted, but is not read.
      assertTrue(recording.length() >= 8000 && recording.length() <= 8192);
      float[] samples = new float[9000];
      assertEquals(8000, recording.read(samples, 0, 9000));
      for (int i = 0; i < 8000; i++) {
        assertEquals(
            Math.rint(tone(i / 8000.0) * 32768), samples[i] * 32768.0, 1e-9, "sample " + i);
      }
      assertTrue(recording.lack().isEmpty());
    }
  }

  /**
   * @param lateMillis how late the sound may be: what an encoder puts before it is left out where
   *     the file says how much that is, and the library reads it
   */
  @ParameterizedTest
  @CsvSource({
    "mono.mp3, 0",
    "stereo.mp3, 0",
    "mono.aac.m4a, 50",
    "stereo.aac.m4a, 50",
    "mono.aac, 50",
    "mono.vorbis.ogg, 0",
    "stereo.vorbis.webm, 0",
    "mono.opus.ogg, 0",
    "stereo.opus.ogg, 0",
    "mono.opus.webm, 0",
    "mono.opus.mp4, 0",
    "video.mp4, 50"
  })
  void lossyFormatsGiveWhatSoundsAlike(String format, int lateMillis) throws IOException {
    Lacks lacks = new Lacks();
    float[] heard = read(nameless(format, -1), Channel.LEFT, lacks);
    assertEquals(List.of(), lacks.sentences);
    assertTrue(
        Math.abs(heard.length - 24000) <= 24 * (lateMillis == 0 ? 30 : 110), "" + heard.length);
    double late = 0;
    double best = 0;
    for (double shift = -2; shift <= 24 * lateMillis + 2; shift += 0.25) {
      double alike = correlation(heard, shift);
      if (alike > best) {
        best = alike;
        late = shift;
      }
    }
    assertTrue(
        best > 0.99, "%s: correlation %.4f, %.2f samples late".formatted(format, best, late));
  }

  private static double correlation(float[] heard, double shift) {
    double product = 0;
    double one = 0;
    double other = 0;
    // Without the ends, where an encoder has less to go by.
    for (int i = 1920; i < 22000; i++) {
      double said = tone((i - shift) / 24000.0);
      double came = heard[i];
      product += said * came;
      one += said * said;
      other += came * came;
    }
    return product / Math.sqrt(one * other);
  }

  @ParameterizedTest
  @ValueSource(strings = {"stereo.mp3", "stereo.vorbis.webm", "stereo.opus.ogg"})
  void aChannelIsHeardAlone(String format) throws IOException {
    Path file = nameless(format, -1);
    double left = Signals.decibels(read(file, Channel.LEFT, new Lacks()), 2000, 20000);
    double right = Signals.decibels(read(file, Channel.RIGHT, new Lacks()), 2000, 20000);
    double mix = Signals.decibels(read(file, Channel.MIX, new Lacks()), 2000, 20000);
    assertEquals(6.02, left - right, 0.3);
    assertEquals(2.5, left - mix, 0.3);
    String refusal =
        assertThrows(
                UserException.class, () -> RecordingSource.open(file, new Channel(3), new Lacks()))
            .getMessage();
    assertEquals(
        file + " has 2 channels, so there is no channel 3; choose another, or 'mix' for all",
        refusal);
  }

  @ParameterizedTest
  @CsvSource({
    "mono.flac, 0.8",
    "mono.aiff, 0.6",
    "mono.pcm.caf, 0.6",
    "mono.mp3, 0.6",
    "stereo.aac.m4a, 0.6",
    "mono.vorbis.ogg, 0.9",
    "mono.opus.ogg, 0.6",
    "mono.opus.webm, 0.6"
  })
  void aTailThatIsMissingLeavesTheSoundBeforeIt(String format, double part) throws IOException {
    int size = (int) Files.size(FORMATS.resolve(format));
    Lacks lacks = new Lacks();
    Path file = nameless(format, (int) (size * part));
    float[] heard = read(file, Channel.LEFT, lacks);
    assertTrue(heard.length > 24000 * 0.2 && heard.length < 24000 * 0.9, heard.length + " samples");
    assertEquals(1, lacks.sentences.size(), lacks.sentences.toString());
    assertTrue(
        lacks.sentences.getFirst().startsWith(file + " is cut off: "), lacks.sentences.toString());
  }

  @Test
  void aPipeCarriesAnyFormat() throws IOException {
    for (String format : List.of("mono.aac.m4a", "mono.flac", "mono.opus.ogg")) {
      byte[] bytes = Files.readAllBytes(FORMATS.resolve(format));
      float[] fromFile = read(FORMATS.resolve(format), Channel.MIX, new Lacks());
      try (RecordingSource source =
          RecordingSource.ofStdin(
              new ByteArrayInputStream(bytes), Channel.MIX, AudioNotices.NONE)) {
        assertTrue(Arrays.equals(fromFile, source.readSamples(100_000)), format);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "silent-video.mp4, is a video without sound; give a recording that holds sound",
    "silent-video.webm, is a video without sound; give a recording that holds sound",
    "mono.ac3.mp4, 'holds Dolby Digital sound, which is not understood; convert it first: ffmpeg'",
    "mono.ac3, is a Dolby Digital recording; convert it first: ffmpeg"
  })
  void whatIsRefusedIsNamed(String format, String why) throws IOException {
    Path file = nameless(format, -1);
    String message =
        assertThrows(UserException.class, () -> RecordingSource.open(file, AudioNotices.NONE))
            .getMessage();
    assertTrue(message.startsWith(file + " " + why), message);
  }

  /** A protected file of a music shop has "drms" where another has "mp4a". */
  @Test
  void whatIsEncryptedIsNamed() throws IOException {
    byte[] bytes = Files.readAllBytes(FORMATS.resolve("mono.aac.m4a"));
    String text = new String(bytes, ISO_8859_1);
    int kind = text.indexOf("mp4a", text.indexOf("stsd"));
    System.arraycopy("drms".getBytes(US_ASCII), 0, bytes, kind, 4);
    Path file = Files.write(folder.resolve("bought.m4p"), bytes);
    String message =
        assertThrows(UserException.class, () -> RecordingSource.open(file, AudioNotices.NONE))
            .getMessage();
    assertEquals(
        file + " is encrypted (FairPlay or the like); give a recording that holds sound", message);
  }

  @Test
  void damageIsRefusedOrReadAndNoMore() throws IOException {
    Random random = new Random(7);
    List<Path> files;
    try (var all = Files.list(FORMATS)) {
      files = all.sorted().toList();
    }
    int read = 0;
    for (int trial = 0; trial < 600; trial++) {
      byte[] bytes = Files.readAllBytes(files.get(trial % files.size()));
      for (int i = random.nextInt(12); i >= 0; i--) {
        int most = random.nextBoolean() ? Math.min(400, bytes.length) : bytes.length;
        bytes[random.nextInt(most)] = (byte) random.nextInt(256);
      }
      Path file = Files.write(folder.resolve("damaged"), bytes);
      try (RecordingSource source = RecordingSource.open(file, AudioNotices.NONE)) {
        assertTrue(source.totalFrames() >= -1);
        // What a length in a header claims is no reason to go on for ever.
        source.readSamples(1 << 20);
        read++;
      } catch (UserException e) {
        String refusal = e.getMessage().substring(file.toString().length());
        assertTrue(refusal.matches(" (is|holds|does|has|cannot) [^\n]*; .*"), e.getMessage());
      }
    }
    assertTrue(read > 200, read + " could be read");
  }
}
