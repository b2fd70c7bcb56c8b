package io.moshimlx.audio;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** How long sound takes from the microphone to the loudspeaker where nothing is done with it. */
@EnabledOnOs(
    value = OS.LINUX,
    disabledReason = "PulseAudio stands in for the devices on Linux only")
class LatencyTest {
  private static final int CLICKS = 16;

  /** Of this 80 ms are the frame that must fill, and 80 the frame that is played meanwhile. */
  private static final double LIMIT_MILLIS = 280;

  @Test
  void soundPassesThroughInTime() throws Exception {
    try (SoundServer server = SoundServer.start();
        Microphone microphone =
            Microphone.open(AudioDevices.input(null), UnaryOperator.identity(), AudioNotices.NONE);
        Speaker speaker = Speaker.open(AudioDevices.output(null), frame -> {}, AudioNotices.NONE)) {
      Clicks captured = server.clicks("mic");
      Clicks played = server.clicks("speaker");
      float[] signal = Clicks.signal(CLICKS);
      server.speak(signal);
      float[] frame = new float[AudioSource.FRAME_SAMPLES];
      // As long as the signal and two seconds more, for the player to begin.
      for (int i = 0; i < signal.length / frame.length + 25; i++) {
        assertTrue(microphone.read(frame));
        speaker.write(frame);
      }
      List<Double> millis = captured.until(played);
      // A busy machine may lose some.
      assertTrue(millis.size() > CLICKS / 2, millis::toString);
      double median = millis.get(millis.size() / 2);
      System.out.printf(
          "microphone to loudspeaker: median %.0f ms, worst %.0f ms of %d%n",
          median, millis.getLast(), millis.size());
      assertTrue(median <= LIMIT_MILLIS, millis::toString);
    }
  }
}
