package io.moshimlx.audio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.FakeClock;
import io.moshimlx.UserException;
import io.moshimlx.audio.AudioDevice.Direction;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SpeakerTest {
  private static final AudioDevice DEVICE = new AudioDevice(Direction.OUTPUT, 0, "Fake", true);
  private static final float[] SILENCE = new float[AudioSource.FRAME_SAMPLES];

  private final FakeClock time = new FakeClock();
  private FakeLine line = new FakeLine(time);
  private final Notices notices = new Notices();
  private final List<Float> listened = new ArrayList<>();
  private Speaker speaker;

  private void open(Speaker.Listener listener) {
    speaker =
        new Speaker(
            DEVICE,
            line::openPlayback,
            listener,
            notices,
            LineSupervisor.RetryPolicy.DEFAULT,
            time);
  }

  private void open() {
    open((frame, nanosAhead) -> listened.add(frame[0]));
  }

  @AfterEach
  void everyThreadEnds() {
    line.unblock();
    speaker.close();
    time.pass(1000);
    assertEquals(0, time.threads());
  }

  private static List<Float> values(Integer... numbers) {
    return Stream.of(numbers)
        .map(number -> number == null ? Float.valueOf(0) : Float.valueOf(FakeLine.value(number)))
        .toList();
  }

  private void awaitPlayed(Integer... numbers) {
    time.passUntil("the frames", () -> line.played().size() == numbers.length);
    assertEquals(values(numbers), line.played());
  }

  /** Plays one frame, and lets the second pass within which nothing is counted. */
  private void settle() {
    speaker.write(FakeLine.frame(0));
    awaitPlayed(null, 0);
    time.pass(1050);
  }

  /** Writes a frame of one value every 80 ms, each of which is played at once. */
  private void writeUntil(int number, BooleanSupplier holds) {
    time.passUntil(
        "it",
        () -> {
          line.drain();
          speaker.write(FakeLine.frame(number));
          time.pass(AudioSource.FRAME_MILLIS);
          return holds.getAsBoolean();
        });
  }

  @Test
  void aSilentFrameGoesAheadAndTheListenerReceivesAllThatIsPlayed() {
    open();
    speaker.write(FakeLine.frame(0));
    awaitPlayed(null, 0);
    line.drain();
    assertEquals(line.played(), listened);
    assertEquals(0, speaker.underruns());
    assertEquals(List.of(), notices.heard());
  }

  @Test
  void bothChannelsPlayTheSame() {
    line = new FakeLine(time, 2);
    open();
    float[] ramp = new float[AudioSource.FRAME_SAMPLES];
    for (int i = 0; i < ramp.length; i++) {
      ramp[i] = (i - 960) / 0x1p15f;
    }
    speaker.write(ramp);
    time.passUntil("the frames", () -> line.played().size() == 2);
    List<Short> samples = line.playedSamples().subList(2 * ramp.length, 4 * ramp.length);
    for (int i = 0; i < ramp.length; i++) {
      assertEquals(
          List.of((short) (i - 960), (short) (i - 960)), samples.subList(2 * i, 2 * i + 2));
    }
  }

  @Test
  void playbackThatRanDryIsCountedAndASilentFrameGoesAheadAgain() {
    open();
    settle();
    line.drain();
    speaker.write(FakeLine.frame(1));
    awaitPlayed(null, 0, null, 1);
    assertEquals(line.played(), listened);
    assertEquals(1, speaker.underruns());
    assertEquals(List.of("underrun"), notices.heard());
  }

  @Test
  void silentFramesAreLeftOutFirst() {
    open();
    settle();
    line.drain();
    speaker.write(FakeLine.frame(1));
    awaitPlayed(null, 0, null, 1);
    // Two frames are in the line, one more than is aimed at.
    assertTrue(speaker.latencyMillis() > 140);
    speaker.write(SILENCE);
    assertEquals(1, speaker.overrunFrames());
    speaker.write(FakeLine.frame(2));
    line.drain();
    time.passUntil("the frame", () -> line.played().size() >= 5);
    assertEquals(FakeLine.value(2), line.played().getLast());
    assertEquals(List.of("underrun", "overrun 1"), notices.heard());
  }

  @Test
  void aLineThatTakesNoMoreHasFramesLeftOutAndCounted() {
    open();
    settle();
    line.drain();
    // Silence and a frame fill the line; one waits in the speaker's hand, and then two more.
    for (int i = 1; i <= 4; i++) {
      speaker.write(FakeLine.frame(i));
      int given = i;
      if (i <= 2) {
        time.passUntil("the hand", () -> listened.size() == 3 + given);
      }
    }
    assertEquals(0, speaker.overrunFrames());
    speaker.write(FakeLine.frame(5));
    assertEquals(2, speaker.overrunFrames());
    List<Float> expected = new ArrayList<>(values(null, 0, null, 1, 2, 5));
    time.passUntil(
        "the rest",
        () -> {
          line.drain();
          return line.played().contains(FakeLine.value(5));
        });
    assertEquals(expected, line.played());
  }

  @Test
  void aLineWhoseAccountLagsIsWrittenToInTimeAndBegunAnewBetweenSilences() {
    line.hold(4);
    open();
    speaker.write(FakeLine.frame(0));
    awaitPlayed(null, 0);
    int bytes = 1000;
    for (int i = 1; i <= 3; i++) {
      line.playAndLag(bytes);
      speaker.write(FakeLine.frame(i));
      int given = i;
      time.passUntil("frame " + i, () -> line.played().size() == 2 + given);
    }
    // By its own account the line has another 60 ms; the clock knows better, and no frame waits.
    assertTrue(speaker.latencyMillis() < 165, speaker.latencyMillis() + " ms");
    line.playAndLag(0);
    time.passUntil("the next frame's time", () -> speaker.latencyMillis() < 100);
    speaker.write(SILENCE);
    awaitPlayed(null, 0, 1, 2, 3, null);
    line.playAndLag(0);
    time.passUntil("the next frame's time", () -> speaker.latencyMillis() < 100);
    speaker.write(SILENCE);
    // Begun anew behind one silent frame.
    awaitPlayed(null, 0, 1, 2, 3, null, null, null);
    assertEquals(0, speaker.overrunFrames());
  }

  @Test
  void aDeviceThatReturnsPlaysAgain() {
    open();
    speaker.write(FakeLine.frame(0));
    awaitPlayed(null, 0);
    line.unplug();
    writeUntil(2, () -> notices.heard().contains("lost Fake"));
    time.after(2000, line::plugIn);
    writeUntil(1, () -> notices.heard().contains("back Fake"));
    assertEquals(FakeLine.value(1), line.played().getLast());
    assertEquals(1, speaker.outages());
  }

  @Test
  void aDeviceThatTakesNothingIsLostAndInTheEndGivenUp() {
    open();
    UserException e =
        assertThrows(
            UserException.class,
            () -> {
              while (true) {
                speaker.write(FakeLine.frame(1));
                time.pass(AudioSource.FRAME_MILLIS);
              }
            });
    assertTrue(e.getMessage().startsWith("the loudspeaker 'Fake' has been away"), e.getMessage());
    assertTrue(e.getMessage().contains("--output-device"), e.getMessage());
    assertEquals(
        List.of("lost Fake"),
        notices.heard().stream().filter(notice -> !notice.startsWith("overrun")).toList());
  }

  @Test
  void neitherWritingNorClosingWaitsForADeviceThatBlocks() {
    open();
    line.block();
    line.blockClosing();
    long start = time.millis();
    for (int i = 0; i < 25; i++) {
      speaker.write(FakeLine.frame(i));
      time.pass(AudioSource.FRAME_MILLIS);
    }
    assertEquals(25 * AudioSource.FRAME_MILLIS, time.millis() - start);
    speaker.close();
    assertEquals(25 * AudioSource.FRAME_MILLIS + 500, time.millis() - start);
  }

  @Test
  void aDefectIsNotTakenForALostDevice() {
    open((frame, nanosAhead) -> {
      throw new IllegalArgumentException("a defect");
    });
    speaker.write(SILENCE);
    time.pass(1);
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> speaker.write(SILENCE));
    assertEquals("a defect", e.getCause().getMessage());
    assertEquals(List.of(), notices.heard());
  }
}
