package io.moshimlx.audio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.FakeClock;
import io.moshimlx.audio.AudioDevice.Direction;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A conversation of a minute between devices that keep time. */
class SteadyPaceTest {
  private static final int FRAMES = 750;

  /** At 24 kHz in 16 bits. */
  private static final int BYTES_PER_MILLISECOND = 48;

  private final FakeClock time = new FakeClock();
  private final Notices notices = new Notices();
  private final FakeLine input = new FakeLine(time);
  private final FakeLine output = new FakeLine(time);
  private boolean over;

  private void runDevices() {
    time.start(
        "capture",
        () -> {
          for (int n = 0; !over; n++) {
            time.pass(AudioSource.FRAME_MILLIS);
            input.give(FakeLine.value(n));
          }
        });
    time.start(
        "playback",
        () -> {
          while (!over) {
            time.pass(5);
            output.play(5 * BYTES_PER_MILLISECOND);
          }
        });
  }

  private Microphone microphone() {
    return new Microphone(
        new AudioDevice(Direction.INPUT, 0, "Fake", true),
        input::openCapture,
        _ -> {},
        notices,
        LineSupervisor.RetryPolicy.DEFAULT,
        time);
  }

  private Speaker speaker() {
    return new Speaker(
        new AudioDevice(Direction.OUTPUT, 0, "Fake", true),
        output::openPlayback,
        Speaker.Listener.NONE,
        notices,
        LineSupervisor.RetryPolicy.DEFAULT,
        time);
  }

  @Test
  void everyFrameOfAMinuteIsHeardAndPlayedInTime() {
    float[] frame = new float[AudioSource.FRAME_SAMPLES];
    try (Microphone microphone = microphone();
        Speaker speaker = speaker()) {
      runDevices();
      for (int n = 0; n < FRAMES; n++) {
        assertTrue(microphone.read(frame));
        assertEquals(FakeLine.value(n), frame[0]);
        assertTrue(microphone.lagMillis() <= 4, "the lag does not grow");
        // Some frames take a model longer than others, but none longer than it lasts.
        time.pass(10 + 37 * n % 60);
        speaker.write(frame);
        assertTrue(speaker.latencyMillis() <= 160, "nor does the latency");
      }
      time.pass(160);
      over = true;
      assertEquals(0, microphone.silentFrames());
      assertEquals(List.of(), notices.heard());
    }
    List<Float> played = output.played();
    assertEquals(
        IntStream.range(FRAMES - 700, FRAMES).mapToObj(FakeLine::value).toList(),
        played.subList(played.size() - 700, played.size()));
  }
}
