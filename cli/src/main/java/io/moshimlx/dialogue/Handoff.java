package io.moshimlx.dialogue;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A bounded queue between two threads, which ends when its producer closes it or when either side
 * gives up.
 */
final class Handoff<T> {
  private final int capacity;
  private final Deque<T> items = new ArrayDeque<>();
  private boolean closed;
  private boolean abandoned;

  Handoff(int capacity) {
    this.capacity = capacity;
  }

  /**
   * Adds an item, when there is room.
   *
   * @return false if nobody will take it any more
   */
  synchronized boolean put(T item) throws InterruptedException {
    while (items.size() == capacity && !abandoned) {
      wait();
    }
    if (!abandoned) {
      items.add(item);
      notifyAll();
    }
    return !abandoned;
  }

  /** The next item, or null once there will be none. */
  synchronized T take() throws InterruptedException {
    while (items.isEmpty() && !closed && !abandoned) {
      wait();
    }
    notifyAll();
    return abandoned ? null : items.poll();
  }

  /** Nothing more will be put; what is there may still be taken. */
  synchronized void close() {
    closed = true;
    notifyAll();
  }

  /** Ends both sides at once. */
  synchronized void abandon() {
    abandoned = true;
    notifyAll();
  }
}
