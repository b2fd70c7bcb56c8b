package io.moshimlx.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class EventQueueTest {
  private static final EndEvent END = new EndEvent(0, EndReason.INTERRUPTED, null);

  private final List<Event> taken = new ArrayList<>();
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch reading = new CountDownLatch(1);

  private static FrameEvent frame(long n, double lagMs) {
    return new FrameEvent(n, new int[0], 3, "", null, new FrameEvent.Timings(0, 0, 0, 0), lagMs);
  }

  private void slowly(Event event) {
    begun.countDown();
    try {
      reading.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    taken.add(event);
  }

  private List<Long> frames() {
    return taken.stream()
        .filter(FrameEvent.class::isInstance)
        .map(event -> ((FrameEvent) event).n())
        .toList();
  }

  @Test
  void aReaderOfALiveSessionThatLagsMissesFramesButNoWarningAndNotTheEnd()
      throws InterruptedException {
    try (EventQueue events = EventQueue.start(this::slowly)) {
      events.accept(frame(0, 5));
      begun.await();
      for (long n = 1; n < 1000; n++) {
        events.accept(frame(n, 5));
      }
      events.accept(new WarningEvent("lag", "first"));
      events.accept(END);
      reading.countDown();
      events.finish(true);
    }
    List<Long> frames = frames();
    assertEquals(LongStream.range(0, frames.size()).boxed().toList(), frames);
    List<Event> others = taken.subList(frames.size(), taken.size());
    assertEquals(
        List.of(
            new WarningEvent(
                "events_lost",
                "%d frames were left out of the events, which are not read fast enough"
                    .formatted(1000 - frames.size())),
            new WarningEvent("lag", "first"),
            END),
        others);
  }

  @Test
  void aReaderOfARecordingGetsEveryFrame() {
    try (EventQueue events = EventQueue.start(taken::add)) {
      for (long n = 0; n < 1000; n++) {
        events.accept(frame(n, Double.NaN));
      }
      events.finish(true);
    }
    assertEquals(LongStream.range(0, 1000).boxed().toList(), frames());
  }

  @Test
  void theFailureOfAReaderIsThatOfTheSession() {
    RuntimeException failure = new IllegalStateException("disk full");
    try (EventQueue events =
        EventQueue.start(event -> {
          throw failure;
        })) {
      events.accept(END);
      assertSame(failure, assertThrows(IllegalStateException.class, () -> events.finish(true)));
      assertSame(failure, assertThrows(IllegalStateException.class, () -> events.accept(END)));
    }
  }

  @Test
  void aReaderThatHangsIsGivenUpWhereNobodyWaits() {
    try (EventQueue events = EventQueue.start(this::slowly)) {
      events.accept(END);
      events.finish(false);
      assertEquals(List.of(), taken);
      reading.countDown();
    }
  }
}
