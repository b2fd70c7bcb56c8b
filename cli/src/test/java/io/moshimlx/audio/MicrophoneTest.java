package io.moshimlx.audio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.FakeClock;
import io.moshimlx.OnMac;
import io.moshimlx.UserException;
import io.moshimlx.audio.AudioDevice.Direction;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MicrophoneTest {
  private static final AudioDevice DEVICE = new AudioDevice(Direction.INPUT, 0, "Fake", true);

  /** Enough for the microphone to take what the line has. */
  private static final int MOMENT_MILLIS = 10;

  private final FakeClock time = new FakeClock();
  private final FakeLine line = new FakeLine(time);
  private final Notices notices = new Notices();
  private final float[] frame = new float[AudioSource.FRAME_SAMPLES];
  private Microphone opened;

  private Microphone open(Consumer<float[]> filter) {
    opened =
        new Microphone(
            DEVICE, line::openCapture, filter, notices, LineSupervisor.RetryPolicy.DEFAULT, time);
    return opened;
  }

  private Microphone open() {
    return open(_ -> {});
  }

  /** A microphone whose first read is over. */
  private Microphone openAndRead() {
    Microphone microphone = open();
    microphone.read(frame);
    return microphone;
  }

  @AfterEach
  void everyThreadEnds() {
    line.unblock();
    if (opened != null) {
      opened.close();
    }
    time.pass(1000);
    assertEquals(0, time.threads());
  }

  private void readUntil(BooleanSupplier holds) {
    time.passUntil(
        "it",
        () -> {
          assertTrue(opened.read(frame));
          return holds.getAsBoolean();
        });
  }

  /** Reads until a frame is not the silence that replaces a missing one. */
  private void readSound() {
    readUntil(() -> frame[0] != 0);
  }

  private void giveZeros(int frames) {
    for (int i = 0; i < frames; i++) {
      line.give(0);
    }
    time.pass(MOMENT_MILLIS);
  }

  @Test
  void twoFramesWaitAndOlderOnesAreDroppedAndCounted() {
    Microphone microphone = openAndRead();
    for (int i = 0; i < 10; i++) {
      line.give(FakeLine.value(i));
    }
    time.pass(MOMENT_MILLIS);
    assertEquals(8, microphone.droppedFrames());
    for (int i = 8; i < 10; i++) {
      microphone.read(frame);
      assertArrayEquals(FakeLine.frame(i), frame);
    }
    line.give(FakeLine.value(10));
    microphone.read(frame);
    assertArrayEquals(FakeLine.frame(10), frame);
    assertEquals(8, microphone.droppedFrames());
    assertEquals(8, notices.heard().size());
    assertEquals(List.of("dropped 1"), notices.heard().stream().distinct().toList());
  }

  @Test
  void soundFromBeforeTheFirstReadIsNeitherHeardNorCounted() {
    Microphone microphone = open();
    for (int i = 0; i < 10; i++) {
      line.give(FakeLine.value(i));
    }
    time.pass(MOMENT_MILLIS);
    microphone.read(frame);
    assertEquals(0, frame[0]);
    assertEquals(0, microphone.droppedFrames());
  }

  @Test
  void silenceReplacesMissingFramesInRealTime() {
    Microphone microphone = open();
    long start = time.millis();
    for (int i = 0; i < 7; i++) {
      microphone.read(frame);
    }
    assertEquals(7 * AudioSource.FRAME_MILLIS, time.millis() - start);
    assertEquals(7, microphone.silentFrames());
    assertEquals(0, microphone.lagMillis());
    time.pass(30);
    assertEquals(30, microphone.lagMillis());
  }

  @Test
  void aFrameThatIsALittleLateIsNotReplaced() {
    Microphone microphone = openAndRead();
    line.give(FakeLine.value(1));
    readSound();
    long silent = microphone.silentFrames();
    time.after(3 * AudioSource.FRAME_MILLIS, () -> line.give(FakeLine.value(2)));
    microphone.read(frame);
    assertArrayEquals(FakeLine.frame(2), frame);
    assertEquals(silent, microphone.silentFrames());
  }

  @Test
  void afterADelayOfTheReaderTheSoundOfTheLineIsAwaited() {
    Microphone microphone = openAndRead();
    line.give(FakeLine.value(1));
    readSound();
    long silent = microphone.silentFrames();
    time.pass(5000);
    time.after(100, () -> line.give(FakeLine.value(2)));
    microphone.read(frame);
    assertArrayEquals(FakeLine.frame(2), frame);
    assertEquals(silent, microphone.silentFrames());
  }

  @Test
  void aDeviceThatReturnsIsHeardAgain() {
    Microphone microphone = openAndRead();
    line.unplug();
    readUntil(() -> notices.heard().contains("lost Fake"));
    time.after(2000, line::plugIn);
    line.giveWhenOpened(FakeLine.value(5));
    readSound();
    assertArrayEquals(FakeLine.frame(5), frame);
    line.give(FakeLine.value(6));
    microphone.read(frame);
    assertArrayEquals(FakeLine.frame(6), frame);
    assertEquals(List.of("lost Fake", "back Fake"), notices.heard());
    assertEquals(1, microphone.outages());
  }

  @Test
  void aDeviceThatStaysAwayEndsTheSession() {
    long opening = time.millis();
    Microphone microphone = openAndRead();
    line.unplug();
    long start = time.millis();
    UserException e = assertThrows(UserException.class, () -> readUntil(() -> false));
    assertEquals(
        "the microphone 'Fake' has been away for 10 seconds (nothing is plugged in); "
            + "connect it again, or choose another with --input-device",
        e.getMessage());
    assertEquals(10_000, time.millis() - start, 2 * AudioSource.FRAME_MILLIS);
    assertEquals((time.millis() - opening) / AudioSource.FRAME_MILLIS, microphone.silentFrames());
    assertSame(e, assertThrows(UserException.class, () -> microphone.read(frame)));
    assertEquals(List.of("lost Fake"), notices.heard());
  }

  @Test
  void aDeviceThatBlocksIsAbandonedAndOpenedAnew() {
    Microphone microphone = openAndRead();
    line.give(FakeLine.value(1));
    readSound();
    line.blockClosing();
    line.block();
    line.give(FakeLine.value(2));
    // Long enough for the next line, too, to block as it is opened.
    time.after(5000, line::unblock);
    line.giveWhenOpened(FakeLine.value(3));
    readSound();
    assertArrayEquals(FakeLine.frame(3), frame);
    assertEquals(List.of("lost Fake", "back Fake"), notices.heard());
    assertEquals(1, microphone.outages());
  }

  @Test
  void closingWakesTheReaderEvenWhileTheDeviceBlocks() {
    Microphone microphone = openAndRead();
    line.block();
    line.blockClosing();
    line.give(FakeLine.value(1));
    long start = time.millis();
    time.after(1000, microphone::close);
    boolean any = true;
    while (any) {
      any = microphone.read(frame);
    }
    assertEquals(1000, time.millis() - start);
    assertFalse(microphone.read(frame));
  }

  @Test
  void closingWaitsOnlyAMomentForADeviceThatBlocks() {
    Microphone microphone = openAndRead();
    line.block();
    line.blockClosing();
    line.give(FakeLine.value(1));
    time.pass(MOMENT_MILLIS);
    long start = time.millis();
    microphone.close();
    assertEquals(500, time.millis() - start);
  }

  @Test
  void aDeviceThatCannotBeOpenedIsNamed() {
    line.unplug();
    assertEquals(
        "the microphone 'Fake' cannot be opened: nothing is plugged in; choose another with"
            + " --input-device (moshi-mlx devices lists them), or talk through files with --input"
            + " FILE",
        assertThrows(UserException.class, this::open).getMessage());
  }

  @Test
  void aDeviceThatNeverAnswersIsNamed() {
    line.block();
    String message = assertThrows(UserException.class, this::open).getMessage();
    assertTrue(message.contains("cannot be opened: it does not answer"), message);
  }

  @Test
  void exactZerosFromTheStartAreReportedOnce() {
    open();
    giveZeros(30);
    assertEquals(List.of("silent"), notices.heard());
    assertEquals(1, line.openings());
  }

  @Test
  void onAMacALineOfZerosIsOpenedAnewUntilThereIsSound() {
    try (OnMac _ = new OnMac()) {
      open();
    }
    giveZeros(25);
    assertEquals(2, line.openings());
    opened.read(frame);
    line.giveWhenOpened(FakeLine.value(5));
    giveZeros(25);
    readSound();
    assertArrayEquals(FakeLine.frame(5), frame);
    assertEquals(3, line.openings());
    giveZeros(30);
    assertEquals(3, line.openings(), "zeros after sound are silence");
    assertEquals(0, opened.outages());
    // Frames are dropped as well, because the test gives two seconds at once.
    assertEquals(
        List.of("silent"),
        notices.heard().stream().filter(notice -> !notice.startsWith("dropped")).toList());
  }

  @Test
  void zerosAfterSoundAreSilence() {
    open();
    line.give(FakeLine.value(1));
    giveZeros(30);
    assertEquals(List.of(), notices.heard());
  }

  @Test
  void aMutedMicrophoneGivesSilenceAndNoLevel() {
    Microphone microphone = openAndRead();
    line.give(0.5f);
    readSound();
    assertEquals(-6.02, microphone.levelDb(), 0.01);
    microphone.mute(true);
    line.give(0.5f);
    microphone.read(frame);
    assertArrayEquals(new float[AudioSource.FRAME_SAMPLES], frame);
    assertEquals(Double.NEGATIVE_INFINITY, microphone.levelDb());
    microphone.mute(false);
    line.give(0.5f);
    readSound();
    assertEquals(0.5f, frame[0]);
  }

  @Test
  void everyFramePassesTheFilterAlsoOneThatIsDropped() {
    List<Float> passed = new ArrayList<>();
    Microphone microphone =
        open(samples -> {
          passed.add(samples[0]);
          samples[7] = -1;
        });
    microphone.read(frame);
    for (int i = 1; i < 8; i++) {
      line.give(FakeLine.value(i));
    }
    time.pass(MOMENT_MILLIS);
    assertEquals(5, microphone.droppedFrames());
    assertEquals(IntStream.range(1, 8).mapToObj(FakeLine::value).toList(), passed);
    microphone.read(frame);
    assertEquals(FakeLine.value(6), frame[6]);
    assertEquals(-1, frame[7]);
  }
}
