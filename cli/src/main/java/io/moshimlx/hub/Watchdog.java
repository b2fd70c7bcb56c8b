package io.moshimlx.hub;

import io.moshimlx.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Closes a stream whose user wants no more of it, or that brings nothing for too long: a read alone
 * would wait forever.
 */
final class Watchdog implements AutoCloseable {
  private static final long POLL_MILLIS = 100;

  private final InputStream stream;
  private final Duration stall;
  private final Progress monitor;
  private final CountDownLatch done = new CountDownLatch(1);
  private volatile long lastNanos = System.nanoTime();
  private volatile boolean stalled;

  private Watchdog(InputStream stream, Duration stall, Progress monitor) {
    this.stream = stream;
    this.stall = stall;
    this.monitor = monitor;
  }

  static Watchdog watch(InputStream stream, Duration stall, Progress monitor) {
    Watchdog watchdog = new Watchdog(stream, stall, monitor);
    Thread.ofPlatform().name("download watchdog").daemon().start(watchdog::run);
    return watchdog;
  }

  /** Something has come. */
  void feed() {
    lastNanos = System.nanoTime();
  }

  /** Whether nothing came for too long. */
  boolean stalled() {
    return stalled;
  }

  private void run() {
    try {
      while (!done.await(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        stalled = System.nanoTime() - lastNanos > stall.toNanos();
        if (stalled || monitor.cancelled()) {
          stream.close();
          return;
        }
      }
    } catch (InterruptedException | IOException e) {
      // Nobody else has this thread, and the reader sees what befalls the stream.
    }
  }

  @Override
  public void close() {
    done.countDown();
  }
}
