package io.moshimlx;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Assertions;

/**
 * Time that stands still while a thread works, and jumps to the next awaited moment when all of
 * them wait. Only one thread works at a time, so a test takes the same course on every machine.
 *
 * <p>The thread of the test and those that {@link #start} has begun may use it. They may wait for
 * one another through it only.
 */
public final class FakeClock implements Clock {
  /** The nanoseconds of a wait that only a signal ends. */
  public static final long FOREVER = Long.MAX_VALUE;

  private static final long LIMIT_MILLIS = 60_000;

  private final List<Wait> waits = new ArrayList<>();
  private long now = 1_000_000_000;
  private int threads;

  private static final class Wait {
    private final Object monitor;
    private long end;
    private boolean over;

    Wait(Object monitor, long end) {
      this.monitor = monitor;
      this.end = end;
    }

    void await() throws InterruptedException {
      synchronized (monitor) {
        while (!over) {
          monitor.wait();
        }
      }
    }

    void finish() {
      synchronized (monitor) {
        over = true;
        monitor.notifyAll();
      }
    }
  }

  @Override
  public synchronized long nanoTime() {
    return now;
  }

  @Override
  public void sleep(long nanos) throws InterruptedException {
    await(new Object(), nanos);
  }

  @Override
  public void await(Object monitor, long nanos) throws InterruptedException {
    if (nanos > 0) {
      Wait wait = add(monitor, nanos);
      work();
      wait.await();
    }
  }

  private synchronized Wait add(Object monitor, long nanos) {
    Wait wait = new Wait(monitor, nanos > FOREVER - now ? FOREVER : now + nanos);
    waits.add(wait);
    return wait;
  }

  /** Lets the thread work whose wait ends first. */
  private void work() {
    Wait next;
    synchronized (this) {
      next = waits.stream().min(Comparator.comparingLong(wait -> wait.end)).orElseThrow();
      Assertions.assertTrue(next.end < FOREVER, "every thread waits for another one");
      waits.remove(next);
      now = next.end;
    }
    next.finish();
  }

  @Override
  public synchronized void signal(Object monitor) {
    waits.stream().filter(wait -> wait.monitor == monitor).forEach(wait -> wait.end = now);
  }

  @Override
  public void start(String name, Runnable task) {
    Wait begin = add(new Object(), 0);
    count(1);
    Thread.ofPlatform()
        .daemon()
        .name(name)
        .start(() -> {
          try {
            begin.await();
            task.run();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          } finally {
            count(-1);
            work();
          }
        });
  }

  private synchronized void count(int more) {
    threads += more;
  }

  /** Threads that were started and have not ended. */
  public synchronized int threads() {
    return threads;
  }

  /** Does something later, on a thread of its own. */
  public void after(long millis, Runnable task) {
    start(
        "later",
        () -> {
          pass(millis);
          task.run();
        });
  }

  /** Lets time pass; the others work meanwhile. */
  public void pass(long millis) {
    try {
      sleep(TimeUnit.MILLISECONDS.toNanos(millis));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Lets time pass until something holds; fails after a minute of it. */
  public void passUntil(String what, BooleanSupplier holds) {
    long end = millis() + LIMIT_MILLIS;
    while (!holds.getAsBoolean()) {
      Assertions.assertTrue(millis() < end, () -> what + " did not come");
      pass(1);
    }
  }

  /** Milliseconds since an unknown moment. */
  public long millis() {
    return TimeUnit.NANOSECONDS.toMillis(nanoTime());
  }
}
