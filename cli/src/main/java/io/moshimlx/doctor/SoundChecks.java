package io.moshimlx.doctor;

import io.moshimlx.audio.AudioDevice;
import io.moshimlx.audio.AudioDevices;
import io.moshimlx.audio.AudioNotices;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.audio.Microphone;
import io.moshimlx.audio.Speaker;
import java.util.List;
import java.util.Locale;

/** Whether microphone and loudspeaker work. */
final class SoundChecks {
  /** A second. */
  private static final int FRAMES = 13;

  private SoundChecks() {}

  /** Opens the loudspeaker; nothing is heard of it. */
  static Finding loudspeaker(String wanted) {
    AudioDevice device = AudioDevices.output(wanted);
    try (Speaker speaker = Speaker.open(device, Speaker.Listener.NONE, AudioNotices.NONE)) {
      return Finding.ok(
          "loudspeaker",
          describe(device, AudioDevices.outputs()) + " opens in " + speaker.format());
    }
  }

  /** Listens to the microphone for a second. */
  static Finding microphone(String wanted) {
    AudioDevice device = AudioDevices.input(wanted);
    try (Microphone microphone = Microphone.open(device, _ -> {}, AudioNotices.NONE)) {
      double power = 0;
      float[] frame = new float[AudioSource.FRAME_SAMPLES];
      for (int i = 0; i < FRAMES && microphone.read(frame); i++) {
        power += Math.pow(10, microphone.levelDb() / 10) / FRAMES;
      }
      return microphone(
          describe(device, AudioDevices.inputs()) + " opens in " + microphone.format(),
          10 * Math.log10(power),
          microphone.silentFrames() == FRAMES);
    }
  }

  /**
   * What a second of listening says.
   *
   * @param levelDb in dBFS; −∞ for exact zeros
   * @param dead whether nothing came at all
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
          "microphone",
          text + ", but gives nothing but zeros",
          "allow this terminal to use it in the system's privacy settings, or choose another with"
              + " --input-device");
    }
    return Finding.ok(
        "microphone", text + String.format(Locale.ROOT, "; a second at %.0f dB", levelDb));
  }

  private static String describe(AudioDevice device, List<AudioDevice> all) {
    return "'%s' (%d of %d)".formatted(device.name(), device.index() + 1, all.size());
  }
}
