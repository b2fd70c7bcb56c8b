package io.moshimlx.dialogue;

import io.moshimlx.Clock;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A bounded queue between two threads, which ends when its producer closes it or when either side
 * gives up.
 */
final class Handoff<T> {
  private static final long FOREVER = Long.MAX_VALUE;

  private final Clock clock;
  private final int capacity;
  private final Deque<T> items = new ArrayDeque<>();
  private boolean closed;
  private boolean abandoned;

  Handoff(Clock clock, int capacity) {
    this.clock = clock;
    this.capacity = capacity;
  }

  /**
   * Adds an item, when there is room.
   *
   * @return false if nobody will take it any more
   */
  synchronized boolean put(T item) throws InterruptedException {
    while (items.size() == capacity && !abandoned) {
      clock.await(this, FOREVER);
    }
    if (!abandoned) {
      items.add(item);
      clock.signal(this);
    }
    return !abandoned;
  }

  /** The next item, or null once there will be none. */
  synchronized T take() throws InterruptedException {
    while (items.isEmpty() && !closed && !abandoned) {
      clock.await(this, FOREVER);
    }
    clock.signal(this);
    return abandoned ? null : items.poll();
  }

  /** Nothing more will be put; what is there may still be taken. */
  synchronized void close() {
    closed = true;
    clock.signal(this);
  }

  /** Ends both sides at once. */
  synchronized void abandon() {
    abandoned = true;
    clock.signal(this);
  }
}
