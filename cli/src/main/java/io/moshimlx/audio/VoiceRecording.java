package io.moshimlx.audio;

import io.moshimlx.UserException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A recording of a voice that is to be spoken with, made as loud as all of them are. */
public final class VoiceRecording {
  private static final double TARGET_LUFS = -24;
  private static final int LEAST_SECONDS = 1;

  private VoiceRecording() {}

  /**
   * Reads a recording.
   *
   * @param mostFrames that may come of it
   * @param notices receive what it lacks
   * @return frames of {@link AudioSource#FRAME_SAMPLES} samples at −24 LUFS; the last is filled
   *     with silence
   * @throws UserException if it cannot be read, or is silent, too short or too long
   */
  public static List<float[]> read(Path path, int mostFrames, AudioNotices notices) {
    long most = (long) mostFrames * AudioSource.FRAME_SAMPLES;
    float[] samples;
    try (RecordingSource source = RecordingSource.open(path, notices)) {
      samples = source.readSamples(most + 1);
    }
    if (samples.length > most) {
      throw unfit(path, "longer than %d s".formatted(most / AudioSource.SAMPLE_RATE));
    }
    if (samples.length < LEAST_SECONDS * AudioSource.SAMPLE_RATE) {
      throw unfit(path, "shorter than %d s".formatted(LEAST_SECONDS));
    }
    double lufs = Loudness.of(samples, AudioSource.SAMPLE_RATE);
    if (!Double.isFinite(lufs)) {
      throw unfit(path, "silent");
    }
    return frames(samples, (float) Math.pow(10, (TARGET_LUFS - lufs) / 20));
  }

  private static List<float[]> frames(float[] samples, float gain) {
    List<float[]> frames = new ArrayList<>();
    for (int start = 0; start < samples.length; start += AudioSource.FRAME_SAMPLES) {
      float[] frame = new float[AudioSource.FRAME_SAMPLES];
      for (int i = 0; i < Math.min(frame.length, samples.length - start); i++) {
        frame[i] = gain * samples[start + i];
      }
      frames.add(frame);
    }
    return frames;
  }

  private static UserException unfit(Path path, String why) {
    return new UserException(
        "%s is %s, so no voice can be taken from it".formatted(path, why),
        "give some seconds of clear speech");
  }
}
