package io.moshimlx.audio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.moshimlx.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Recordings of voices, and their loudness as pyloudnorm measures it. */
final class VoiceRecordingTest {
  private static final Path PERSONAPLEX = Path.of("src/test/resources/goldens/personaplex");
  private static final Path VOICE = PERSONAPLEX.resolve("voice.wav");
  private static final int RATE = AudioSource.SAMPLE_RATE;

  @TempDir private Path folder;

  private static float[] samples(Path file) {
    try (RecordingSource source = RecordingSource.open(file, AudioNotices.NONE)) {
      return source.readSamples(Integer.MAX_VALUE);
    }
  }

  private static float[] join(float[]... parts) {
    int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
    float[] joined = new float[length];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, joined, at, part.length);
      at += part.length;
    }
    return joined;
  }

  private static float[] scaled(float[] samples, float gain) {
    float[] result = samples.clone();
    for (int i = 0; i < result.length; i++) {
      result[i] *= gain;
    }
    return result;
  }

  @Test
  void loudnessIsThatOfPyloudnorm() throws IOException {
    JsonObject expected =
        JsonParser.parseString(Files.readString(PERSONAPLEX.resolve("expected.json")))
            .getAsJsonObject()
            .getAsJsonObject("loudness");
    float[] voice = samples(VOICE);
    float[] user = samples(PERSONAPLEX.resolve("user.wav"));
    float[] uneven = join(voice, new float[2 * RATE], scaled(user, 0.01f), user);
    assertEquals(expected.get("voice").getAsDouble(), Loudness.of(voice, RATE), 1e-6);
    assertEquals(expected.get("user").getAsDouble(), Loudness.of(user, RATE), 1e-6);
    assertEquals(expected.get("uneven").getAsDouble(), Loudness.of(uneven, RATE), 1e-6);
  }

  /** The check of BS.1770: a full-scale tone of 997 Hz has −3.01 LUFS in one channel. */
  @Test
  void loudnessIsCalibrated() {
    float[] tone = new float[5 * 48000];
    for (int i = 0; i < tone.length; i++) {
      tone[i] = (float) Math.sin(2 * Math.PI * 997 * i / 48000);
    }
    assertEquals(-3.01, Loudness.of(tone, 48000), 0.05);
  }

  @Test
  void everyRecordingBecomesEquallyLoud() {
    List<float[]> frames = VoiceRecording.read(VOICE, 1000, AudioNotices.NONE);
    float[] all = join(frames.toArray(float[][]::new));
    float[] original = samples(VOICE);
    assertEquals(Math.ceilDiv(original.length, AudioSource.FRAME_SAMPLES), frames.size());
    assertEquals(-24, Loudness.of(Arrays.copyOf(all, original.length), RATE), 1e-4);
    assertEquals(0f, all[all.length - 1]);
  }

  private String refusal(Path file, int mostFrames) {
    return assertThrows(
            UserException.class, () -> VoiceRecording.read(file, mostFrames, AudioNotices.NONE))
        .getMessage();
  }

  private Path wav(String name, float[] samples) {
    Path file = folder.resolve(name);
    WavSink sink = WavSink.create(file);
    float[] frame = new float[AudioSource.FRAME_SAMPLES];
    for (int at = 0; at < samples.length; at += frame.length) {
      System.arraycopy(samples, at, frame, 0, frame.length);
      sink.write(frame);
    }
    sink.close();
    return file;
  }

  @Test
  void whatGivesNoVoiceIsRefused() {
    String remedy = ", so no voice can be taken from it; give some seconds of clear speech";
    Path silent = wav("silent.wav", new float[20 * AudioSource.FRAME_SAMPLES]);
    assertEquals(silent + " is silent" + remedy, refusal(silent, 100));
    Path brief = wav("brief.wav", new float[5 * AudioSource.FRAME_SAMPLES]);
    assertEquals(brief + " is shorter than 1 s" + remedy, refusal(brief, 100));
    assertEquals(silent + " is longer than 1 s" + remedy, refusal(silent, 13));
    assertTrue(refusal(folder.resolve("none.wav"), 100).contains("there is no such file"));
  }
}
