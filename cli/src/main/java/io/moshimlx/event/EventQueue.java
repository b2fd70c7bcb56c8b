package io.moshimlx.event;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Hands a session's events to its sinks, in their order and on one thread, so that a slow sink does
 * not hold up the voice.
 *
 * <p>The queue is bounded. Where a sink of a live session does not keep up, frames are left out,
 * and a warning says how many; warnings and the end are never left out. A recording waits for its
 * sinks, so that nothing is left out.
 */
public final class EventQueue implements EventSink, AutoCloseable {
  /** Ten seconds of frames. */
  private static final int CAPACITY = 125;

  private static final long PATIENCE_MILLIS = 1000;

  private final EventSink sink;
  private final Deque<Event> events = new ArrayDeque<>();
  private long lost;
  private long delivered;
  private boolean delivering;
  private boolean closed;
  private RuntimeException failure;

  private EventQueue(EventSink sink) {
    this.sink = sink;
  }

  /** Starts a queue in front of a sink. */
  public static EventQueue start(EventSink sink) {
    EventQueue queue = new EventQueue(sink);
    Thread.ofPlatform().name("events").daemon().start(queue::deliver);
    return queue;
  }

  /**
   * Takes an event; a frame of a recording waits for room.
   *
   * @throws RuntimeException the failure of the sink, if it has failed
   */
  @Override
  public synchronized void accept(Event event) {
    throwFailure();
    if (event instanceof FrameEvent frame && !makeRoom(frame)) {
      lost++;
      return;
    }
    if (lost > 0) {
      events.add(
          new WarningEvent(
              "events_lost",
              "%d frames were left out of the events, which are not read fast enough"
                  .formatted(lost)));
      lost = 0;
    }
    events.add(event);
    notifyAll();
  }

  private boolean makeRoom(FrameEvent frame) {
    boolean live = !Double.isNaN(frame.lagMs());
    try {
      while (events.size() >= CAPACITY && !live && failure == null) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
    throwFailure();
    return events.size() < CAPACITY;
  }

  private void throwFailure() {
    if (failure != null) {
      throw failure;
    }
  }

  private void deliver() {
    for (Optional<Event> next = take(); next.isPresent(); next = take()) {
      try {
        sink.accept(next.orElseThrow());
      } catch (RuntimeException e) {
        fail(e);
        return;
      }
    }
  }

  private synchronized Optional<Event> take() {
    delivering = false;
    delivered++;
    notifyAll();
    try {
      while (events.isEmpty() && !closed) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
    delivering = !events.isEmpty();
    return Optional.ofNullable(events.poll());
  }

  private synchronized void fail(RuntimeException e) {
    failure = e;
    delivering = false;
    events.clear();
    notifyAll();
  }

  /**
   * Waits until all events are delivered.
   *
   * @param patient whether to wait however long that takes; if not, a sink that takes no event for
   *     a second is given up
   * @throws RuntimeException the failure of the sink, if it has failed
   */
  public synchronized void finish(boolean patient) {
    try {
      long before = -1;
      while (pending() && (patient || before != delivered)) {
        before = delivered;
        awaitDelivery(before);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throwFailure();
  }

  private boolean pending() {
    return failure == null && (delivering || !events.isEmpty());
  }

  private void awaitDelivery(long before) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
    for (long left = PATIENCE_MILLIS;
        left > 0 && pending() && before == delivered;
        left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())) {
      wait(left);
    }
  }

  /** Ends the thread after the events that it still has. */
  @Override
  public synchronized void close() {
    closed = true;
    notifyAll();
  }
}
