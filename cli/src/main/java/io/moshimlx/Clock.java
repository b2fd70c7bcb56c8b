package io.moshimlx;

import java.util.concurrent.TimeUnit;

/**
 * Time, and the threads that wait for it. Whoever measures or waits takes one, so that tests can
 * move time themselves.
 */
public interface Clock {
  /** The time of this machine. */
  Clock SYSTEM =
      new Clock() {
        @Override
        public long nanoTime() {
          return System.nanoTime();
        }

        @Override
        public void sleep(long nanos) throws InterruptedException {
          TimeUnit.NANOSECONDS.sleep(nanos);
        }

        @Override
        public void await(Object monitor, long nanos) throws InterruptedException {
          synchronized (monitor) {
            TimeUnit.NANOSECONDS.timedWait(monitor, nanos);
          }
        }

        @Override
        public void signal(Object monitor) {
          synchronized (monitor) {
            monitor.notifyAll();
          }
        }

        @Override
        public void start(String name, Runnable task) {
          Thread.ofPlatform().daemon().name(name).start(task);
        }
      };

  /** Nanoseconds since a fixed but unknown moment; never decreases. */
  long nanoTime();

  /** Sleeps; returns at once if {@code nanos} is not positive. */
  void sleep(long nanos) throws InterruptedException;

  /**
   * Waits until {@link #signal} is called with the same monitor, or the time is over. It may return
   * earlier, so callers check what they wait for.
   *
   * @param monitor held by the caller, and released meanwhile
   * @param nanos at most; returns at once if this is not positive
   */
  void await(Object monitor, long nanos) throws InterruptedException;

  /**
   * Ends every wait on a monitor.
   *
   * @param monitor held by the caller
   */
  void signal(Object monitor);

  /** Runs a task on a daemon thread of its own. */
  void start(String name, Runnable task);
}
