package io.moshimlx.audio;

import static io.moshimlx.audio.SoundServer.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.UserException;
import io.moshimlx.audio.AudioDevice.Direction;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SpeakerTest {
  private static final AudioDevice DEVICE = new AudioDevice(Direction.OUTPUT, 0, "Fake", true);
  private static final LineKeeper.Patience SHORT = new LineKeeper.Patience(400, 300, 50, 1_500);
  private static final LineKeeper.Patience LONG = new LineKeeper.Patience(9_000, 9_000, 50, 9_000);
  private static final float[] SILENCE = new float[AudioSource.FRAME_SAMPLES];

  private FakeLine line = new FakeLine();
  private final Notices notices = new Notices();
  private final List<Float> told = new CopyOnWriteArrayList<>();
  private Speaker speaker;

  private void open(LineKeeper.Patience patience) {
    speaker =
        new Speaker(
            DEVICE,
            line::openPlayback,
            (frame, nanosAhead) -> told.add(frame[0]),
            notices,
            patience);
  }

  @AfterEach
  void close() {
    line.unblock();
    if (speaker != null) {
      speaker.close();
    }
  }

  private static List<Float> values(Integer... numbers) {
    return Stream.of(numbers)
        .map(number -> number == null ? Float.valueOf(0) : Float.valueOf(FakeLine.value(number)))
        .toList();
  }

  private void awaitPlayed(Integer... numbers) throws InterruptedException {
    await("the frames", () -> line.played().size() == numbers.length);
    assertEquals(values(numbers), line.played());
  }

  /** Plays one frame, and lets the second pass within which nothing is counted. */
  private void settle() throws InterruptedException {
    speaker.write(FakeLine.frame(0));
    awaitPlayed(null, 0);
    long settled = System.nanoTime() + 1_050_000_000L;
    await("a second", () -> System.nanoTime() > settled);
  }

  @Test
  void aSilentFrameGoesAheadAndAllThatIsPlayedIsTold() throws Exception {
    open(LONG);
    speaker.write(FakeLine.frame(0));
    awaitPlayed(null, 0);
    line.drain();
    assertEquals(line.played(), told);
    assertEquals(0, speaker.underruns());
    assertEquals(List.of(), notices.heard());
  }

  @Test
  void bothChannelsPlayTheSame() throws Exception {
    line = new FakeLine(2);
    open(LONG);
    float[] ramp = new float[AudioSource.FRAME_SAMPLES];
    for (int i = 0; i < ramp.length; i++) {
      ramp[i] = (i - 960) / 0x1p15f;
    }
    speaker.write(ramp);
    await("the frames", () -> line.played().size() == 2);
    List<Short> samples = line.playedSamples().subList(2 * ramp.length, 4 * ramp.length);
    for (int i = 0; i < ramp.length; i++) {
      assertEquals(
          List.of((short) (i - 960), (short) (i - 960)), samples.subList(2 * i, 2 * i + 2));
    }
  }

  @Test
  void playbackThatRanDryIsCountedAndASilentFrameGoesAheadAgain() throws Exception {
    open(LONG);
    settle();
    line.drain();
    speaker.write(FakeLine.frame(1));
    awaitPlayed(null, 0, null, 1);
    assertEquals(line.played(), told);
    assertEquals(1, speaker.underruns());
    assertEquals(List.of("underrun"), notices.heard());
  }

  @Test
  void silentFramesAreLeftOutFirst() throws Exception {
    open(LONG);
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
    await("the frame", () -> line.played().size() >= 5);
    assertEquals(FakeLine.value(2), line.played().getLast());
    assertEquals(List.of("underrun", "overrun 1"), notices.heard());
  }

  @Test
  void aLineThatTakesNoMoreHasFramesLeftOutAndCounted() throws Exception {
    open(LONG);
    settle();
    line.drain();
    // Silence and a frame fill the line; one waits in the speaker's hand, and then two more.
    for (int i = 1; i <= 4; i++) {
      speaker.write(FakeLine.frame(i));
      int given = i;
      if (i <= 2) {
        await("the hand", () -> told.size() == 3 + given);
      }
    }
    assertEquals(0, speaker.overrunFrames());
    speaker.write(FakeLine.frame(5));
    assertEquals(2, speaker.overrunFrames());
    List<Float> expected = new ArrayList<>(values(null, 0, null, 1, 2, 5));
    await(
        "the rest",
        () -> {
          line.drain();
          return line.played().contains(FakeLine.value(5));
        });
    assertEquals(expected, line.played());
  }

  @Test
  void aLineWhoseAccountLagsIsWrittenToInTimeAndSetRightBetweenSilences() throws Exception {
    line.hold(4);
    open(LONG);
    speaker.write(FakeLine.frame(0));
    awaitPlayed(null, 0);
    int quarter = AudioSource.FRAME_SAMPLES / 2;
    for (int i = 1; i <= 3; i++) {
      line.playAndLag(quarter);
      speaker.write(FakeLine.frame(i));
      int given = i;
      await("frame " + i, () -> line.played().size() == 2 + given);
    }
    // By its own account the line is full now; the clock knows better, and no frame is kept back.
    assertTrue(speaker.latencyMillis() < 165, speaker.latencyMillis() + " ms");
    line.playAndLag(0);
    await("the next frame's time", () -> speaker.latencyMillis() < 100);
    speaker.write(SILENCE);
    awaitPlayed(null, 0, 1, 2, 3, null);
    line.playAndLag(0);
    await("the next frame's time", () -> speaker.latencyMillis() < 100);
    speaker.write(SILENCE);
    // Begun anew behind one silent frame.
    awaitPlayed(null, 0, 1, 2, 3, null, null, null);
    assertEquals(0, speaker.overrunFrames());
  }

  @Test
  void aDeviceThatReturnsPlaysAgain() throws Exception {
    open(SHORT);
    speaker.write(FakeLine.frame(0));
    awaitPlayed(null, 0);
    line.unplug();
    for (int i = 1; !notices.heard().contains("lost Fake"); i++) {
      speaker.write(FakeLine.frame(i));
    }
    line.plugIn();
    await(
        "the return",
        () -> {
          line.drain();
          speaker.write(FakeLine.frame(1));
          return notices.heard().contains("back Fake");
        });
    assertEquals(FakeLine.value(1), line.played().getLast());
    assertEquals(1, speaker.outages());
  }

  @Test
  void aDeviceThatTakesNothingIsLostAndInTheEndGivenUp() throws Exception {
    open(SHORT);
    UserException e =
        assertThrows(
            UserException.class,
            () -> {
              while (true) {
                speaker.write(FakeLine.frame(1));
                Thread.sleep(5);
              }
            });
    assertTrue(e.getMessage().startsWith("the loudspeaker 'Fake' has been away"), e.getMessage());
    assertTrue(e.getMessage().contains("--output-device"), e.getMessage());
    assertEquals(
        List.of("lost Fake"),
        notices.heard().stream().filter(notice -> !notice.startsWith("overrun")).toList());
  }

  @Test
  void writingNeverWaitsForADeviceThatBlocks() throws Exception {
    open(LONG);
    line.block();
    line.blockClosing();
    long start = System.nanoTime();
    for (int i = 0; i < 100; i++) {
      speaker.write(FakeLine.frame(i));
    }
    assertTrue(System.nanoTime() - start < 1_000_000_000L);
    speaker.close();
    assertTrue(System.nanoTime() - start < 5_000_000_000L);
  }

  @Test
  void aDefectIsNotTakenForALostDevice() throws Exception {
    speaker =
        new Speaker(
            DEVICE,
            line::openPlayback,
            (frame, nanosAhead) -> {
              throw new IllegalArgumentException("a defect");
            },
            notices,
            SHORT);
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () -> {
              while (true) {
                speaker.write(SILENCE);
              }
            });
    assertEquals("a defect", e.getCause().getMessage());
    assertEquals(List.of(), notices.heard());
  }
}
