package io.moshimlx.doctor;

import io.moshimlx.OperatingSystem;
import io.moshimlx.audio.AudioDevice;
import io.moshimlx.audio.AudioDevices;
import io.moshimlx.audio.AudioNotices;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.audio.Microphone;
import io.moshimlx.audio.Speaker;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Checks microphone and loudspeaker. */
final class SoundChecks {
  /** Frames of a second. */
  private static final int FRAMES = 13;

  /** Time for the user to allow the microphone. */
  static final int ANSWER_SECONDS = 15;

  private SoundChecks() {}

  /** Opens the loudspeaker, silently. */
  static Finding loudspeaker(String wanted, Map<String, String> environment) {
    AudioDevice device = AudioDevices.output(wanted, environment);
    try (Speaker speaker = Speaker.open(device, Speaker.Listener.NONE, AudioNotices.NONE)) {
      return Finding.ok(
          "loudspeaker",
          describe(device, AudioDevices.outputs()) + " opens in " + speaker.format());
    }
  }

  /**
   * Listens to the microphone for a second, on macOS until the user allows it.
   *
   * @param waiting runs if it takes longer than a second
   */
  static Finding microphone(String wanted, Map<String, String> environment, Runnable waiting) {
    AudioDevice device = AudioDevices.input(wanted, environment);
    try (Microphone microphone = Microphone.open(device, _ -> {}, AudioNotices.NONE)) {
      int seconds = OperatingSystem.isMac() ? ANSWER_SECONDS : 1;
      double level = listen(microphone, seconds, waiting);
      return microphone(
          describe(device, AudioDevices.inputs()) + " opens in " + microphone.format(),
          level,
          microphone.silentFrames() == (long) seconds * FRAMES);
    }
  }

  /** The level of the first second that is not all zeros, in dBFS; −∞ if there is none. */
  static double listen(AudioSource source, int seconds, Runnable waiting) {
    float[] frame = new float[AudioSource.FRAME_SAMPLES];
    double sum = 0;
    for (int second = 0; second < seconds && sum == 0; second++) {
      if (second == 1) {
        waiting.run();
      }
      for (int i = 0; i < FRAMES && source.read(frame); i++) {
        for (float sample : frame) {
          sum += (double) sample * sample;
        }
      }
    }
    return 10 * Math.log10(sum / (FRAMES * AudioSource.FRAME_SAMPLES));
  }

  /**
   * The finding after listening.
   *
   * @param levelDb in dBFS; −∞ for exact zeros
   * @param dead whether no sound came at all
   */
  static Finding microphone(String text, double levelDb, boolean dead) {
    if (dead) {
      return Finding.problem(
          "microphone",
          text + ", but gives no sound",
          "connect it again, or choose another with --input-device");
    }
    if (levelDb == Double.NEGATIVE_INFINITY) {
      return Finding.warning(
          "microphone", text + ", but gives nothing but zeros", Microphone.zerosRemedy());
    }
    return Finding.ok(
        "microphone", text + String.format(Locale.ROOT, "; a second at %.0f dB", levelDb));
  }

  private static String describe(AudioDevice device, List<AudioDevice> all) {
    return "'%s' (%d of %d)".formatted(device.name(), device.index() + 1, all.size());
  }
}
