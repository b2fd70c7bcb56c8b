package io.moshimlx.audio;

import static io.moshimlx.audio.SoundServer.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.OnMac;
import io.moshimlx.UserException;
import io.moshimlx.audio.AudioDevice.Direction;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MicrophoneTest {
  private static final AudioDevice DEVICE = new AudioDevice(Direction.INPUT, 0, "Fake", true);
  private static final LineKeeper.Patience SHORT = new LineKeeper.Patience(400, 300, 50, 1_500);
  private static final LineKeeper.Patience LONG = new LineKeeper.Patience(9_000, 9_000, 50, 9_000);

  private final FakeLine line = new FakeLine();
  private final Notices notices = new Notices();
  private final float[] frame = new float[AudioSource.FRAME_SAMPLES];
  private Microphone opened;

  private Microphone open(Consumer<float[]> stage) {
    opened = new Microphone(DEVICE, line::openCapture, stage, notices, SHORT);
    return opened;
  }

  private Microphone open() {
    return open(_ -> {});
  }

  /** A microphone that is read from already. */
  private Microphone openAndRead() {
    Microphone microphone = open();
    microphone.read(frame);
    return microphone;
  }

  @AfterEach
  void close() {
    line.unblock();
    if (opened != null) {
      opened.close();
    }
  }

  /** Reads until a frame is not the silence that stands in for one. */
  private void readSound(Microphone microphone) {
    do {
      assertTrue(microphone.read(frame));
    } while (frame[0] == 0);
  }

  @Test
  void twoFramesWaitAndOlderOnesAreDroppedAndCounted() throws Exception {
    Microphone microphone = openAndRead();
    for (int i = 0; i < 10; i++) {
      line.give(FakeLine.value(i));
    }
    await("the drops", () -> microphone.droppedFrames() == 8);
    for (int i = 8; i < 10; i++) {
      microphone.read(frame);
      assertArrayEquals(FakeLine.frame(i), frame);
    }
    line.give(FakeLine.value(10));
    microphone.read(frame);
    assertArrayEquals(FakeLine.frame(10), frame);
    assertEquals(8, microphone.droppedFrames());
    await("the notices", () -> notices.heard().size() == 8);
    assertEquals(List.of("dropped 1"), notices.heard().stream().distinct().toList());
  }

  @Test
  void whatCameBeforeTheFirstReadIsNeitherHeardNorCounted() throws Exception {
    Microphone microphone = open();
    for (int i = 0; i < 10; i++) {
      line.give(FakeLine.value(i));
    }
    await("the frames to be taken", () -> line.waitingBytes() == 0);
    microphone.read(frame);
    assertEquals(0, frame[0]);
    assertEquals(0, microphone.droppedFrames());
  }

  @Test
  void silenceStandsInForFramesThatDoNotComeAtTheirPace() {
    Microphone microphone = open();
    long start = System.nanoTime();
    for (int i = 0; i < 7; i++) {
      microphone.read(frame);
    }
    // No faster than sound, and the first of them make up for what was waited.
    double frames = (System.nanoTime() - start) / 80e6;
    assertTrue(frames >= 7 && frames < 12, frames + " frames' time");
    assertEquals(7, microphone.silentFrames());
    assertTrue(microphone.lagMillis() >= 0);
  }

  @Test
  void aDeviceThatReturnsIsHeardAgain() throws Exception {
    Microphone microphone = open();
    CompletableFuture<Void> reader = CompletableFuture.runAsync(() -> readSound(microphone));
    await("the reader", () -> microphone.silentFrames() > 0);
    line.unplug();
    await("the loss", () -> notices.heard().contains("lost Fake"));
    assertFalse(reader.isDone());
    line.plugIn();
    line.giveWhenOpened(FakeLine.value(5));
    reader.get();
    assertArrayEquals(FakeLine.frame(5), frame);
    line.give(FakeLine.value(6));
    microphone.read(frame);
    assertEquals(List.of("lost Fake", "back Fake"), notices.heard());
    assertEquals(1, microphone.outages());
  }

  @Test
  void aDeviceThatStaysAwayEndsTheSession() {
    Microphone microphone = openAndRead();
    line.unplug();
    UserException e =
        assertThrows(
            UserException.class,
            () -> {
              while (true) {
                microphone.read(frame);
              }
            });
    assertEquals(
        "the microphone 'Fake' has been away for 2 seconds (nothing is plugged in); "
            + "connect it again, or choose another with --input-device",
        e.getMessage());
    assertSame(e, assertThrows(UserException.class, () -> microphone.read(frame)));
    assertEquals(List.of("lost Fake"), notices.heard());
  }

  @Test
  void aDeviceThatBlocksIsLeftToItselfAndOpenedAnew() throws Exception {
    Microphone microphone = openAndRead();
    line.blockClosing();
    line.block();
    line.give(FakeLine.value(1));
    CompletableFuture<Void> reader = CompletableFuture.runAsync(() -> readSound(microphone));
    // One thread is stuck in reading, one in closing that line, one in opening the next.
    await("the next attempt", () -> line.blocked.get() >= 3);
    line.unblock();
    line.giveWhenOpened(FakeLine.value(2));
    reader.get();
    assertArrayEquals(FakeLine.frame(2), frame);
  }

  @Test
  void closingWakesTheReaderEvenWhileTheDeviceBlocks() throws Exception {
    Microphone microphone = openAndRead();
    line.block();
    line.give(FakeLine.value(1));
    await("the block", () -> line.blocked.get() == 1);
    CompletableFuture<Boolean> reader =
        CompletableFuture.supplyAsync(() -> {
          boolean any = true;
          while (any) {
            any = microphone.read(frame);
          }
          return any;
        });
    line.blockClosing();
    microphone.close();
    assertFalse(reader.get());
    assertFalse(microphone.read(frame));
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
  void exactZerosFromTheStartAreTold() throws Exception {
    Microphone microphone = open();
    for (int i = 0; i < 30; i++) {
      line.give(0);
    }
    await("the frames to be taken", () -> line.waitingBytes() == 0);
    await("the notice", () -> !notices.heard().isEmpty());
    microphone.close();
    assertEquals(List.of("silent"), notices.heard());
    assertEquals(1, line.openings.get());
  }

  private void giveZeros(int frames) {
    for (int i = 0; i < frames; i++) {
      line.give(0);
    }
  }

  @Test
  void onAMacALineOfZerosIsOpenedAnewUntilThereIsSound() throws Exception {
    try (OnMac _ = new OnMac()) {
      opened = new Microphone(DEVICE, line::openCapture, _ -> {}, notices, LONG);
    }
    giveZeros(25);
    await("the second opening", () -> line.openings.get() == 2);
    line.giveWhenOpened(FakeLine.value(5));
    CompletableFuture<Void> reader = CompletableFuture.runAsync(() -> readSound(opened));
    giveZeros(25);
    reader.get();
    assertArrayEquals(FakeLine.frame(5), frame);
    assertEquals(3, line.openings.get());
    giveZeros(30);
    await("the frames to be taken", () -> line.waitingBytes() == 0);
    opened.close();
    assertEquals(3, line.openings.get(), "zeros after sound are silence");
    assertEquals(0, opened.outages());
    // What was dropped besides is the test's, which gives two seconds at once.
    assertEquals(1, notices.heard().stream().filter("silent"::equals).count());
    assertFalse(notices.heard().contains("lost Fake"), notices.heard().toString());
  }

  @Test
  void zerosAfterSoundAreSilence() throws Exception {
    open();
    line.give(FakeLine.value(1));
    for (int i = 0; i < 30; i++) {
      line.give(0);
    }
    await("the frames to be taken", () -> line.waitingBytes() == 0);
    opened.close();
    assertEquals(List.of(), notices.heard());
  }

  @Test
  void muteGivesSilenceAndTheLevelTells() {
    Microphone microphone = openAndRead();
    line.give(0.5f);
    readSound(microphone);
    assertEquals(-6.02, microphone.levelDb(), 0.01);
    microphone.mute(true);
    line.give(0.5f);
    microphone.read(frame);
    assertArrayEquals(new float[AudioSource.FRAME_SAMPLES], frame);
    assertEquals(Double.NEGATIVE_INFINITY, microphone.levelDb());
    microphone.mute(false);
    line.give(0.5f);
    readSound(microphone);
    assertEquals(0.5f, frame[0]);
  }

  @Test
  void everyFramePassesThroughTheStageAlsoOneThatIsDropped() throws Exception {
    List<Float> passed = new CopyOnWriteArrayList<>();
    Microphone microphone =
        open(samples -> {
          passed.add(samples[0]);
          samples[7] = -1;
        });
    microphone.read(frame);
    for (int i = 1; i < 8; i++) {
      line.give(FakeLine.value(i));
    }
    await("the frames", () -> passed.size() == 7 && microphone.droppedFrames() == 5);
    assertEquals(IntStream.range(1, 8).mapToObj(FakeLine::value).toList(), passed);
    microphone.read(frame);
    assertEquals(FakeLine.value(6), frame[6]);
    assertEquals(-1, frame[7]);
  }
}
