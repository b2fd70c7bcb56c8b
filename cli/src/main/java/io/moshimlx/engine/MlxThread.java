package io.moshimlx.engine;

import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The thread that owns MLX: streams, lazy arrays and compiled functions are thread-local there, so
 * every array is made, read and closed on it. Whoever wants work done waits for it; work with the
 * earliest deadline is done first, and work with equal deadlines in the order of its arrival.
 *
 * <p>Work is never interrupted: a step is short, and a long prompt is read in blocks.
 */
public final class MlxThread implements AutoCloseable {
  /** The deadline of work that can wait. */
  public static final long NO_DEADLINE = Long.MAX_VALUE;

  /** Deadlines are compared from here on, for {@link System#nanoTime} may begin anywhere. */
  private final long startNanos = System.nanoTime();

  private final PriorityBlockingQueue<Task<?>> queue = new PriorityBlockingQueue<>();
  private final AtomicLong arrivals = new AtomicLong();
  private final Thread thread;
  private volatile boolean closed;

  private MlxThread() {
    thread = Thread.ofPlatform().name("mlx").daemon().unstarted(this::work);
  }

  /** Starts the thread. */
  public static MlxThread start() {
    MlxThread mlx = new MlxThread();
    mlx.thread.start();
    return mlx;
  }

  private static final class Task<T> extends FutureTask<T> implements Comparable<Task<?>> {
    private final long deadline;
    private final long arrival;

    Task(Supplier<T> work, long deadline, long arrival) {
      super(work::get);
      this.deadline = deadline;
      this.arrival = arrival;
    }

    @Override
    public int compareTo(Task<?> other) {
      int byDeadline = Long.compare(deadline, other.deadline);
      return byDeadline != 0 ? byDeadline : Long.compare(arrival, other.arrival);
    }
  }

  /** As {@link #call(long, Supplier)}, for work that can wait. */
  public <T> T call(Supplier<T> work) {
    return call(NO_DEADLINE, work);
  }

  /** As {@link #call(long, Supplier)}, for work that can wait and has no result. */
  public void run(Runnable work) {
    Object _ =
        call(() -> {
          work.run();
          return null;
        });
  }

  /**
   * Does some work on the thread and waits for it.
   *
   * @param deadlineNanos when it should be done, in {@link System#nanoTime}; or {@link
   *     #NO_DEADLINE}
   * @return its result
   * @throws RuntimeException the one that the work throws
   * @throws CancellationException if the caller is interrupted; work that has begun is finished
   */
  public <T> T call(long deadlineNanos, Supplier<T> work) {
    if (Thread.currentThread().equals(thread)) {
      return work.get();
    }
    if (closed) {
      throw new IllegalStateException("the thread of MLX has ended");
    }
    long deadline = deadlineNanos == NO_DEADLINE ? NO_DEADLINE : deadlineNanos - startNanos;
    Task<T> task = new Task<>(work, deadline, arrivals.incrementAndGet());
    queue.add(task);
    try {
      return task.get();
    } catch (InterruptedException e) {
      task.cancel(false);
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted");
    } catch (ExecutionException e) {
      throw rethrown(e.getCause());
    }
  }

  /** How much work waits. */
  int waiting() {
    return queue.size();
  }

  private static RuntimeException rethrown(Throwable failure) {
    if (failure instanceof Error e) {
      throw e;
    }
    return failure instanceof RuntimeException e ? e : new IllegalStateException(failure);
  }

  private void work() {
    while (!closed) {
      try {
        queue.take().run();
      } catch (InterruptedException e) {
        // Nobody interrupts it: close() ends it by a task.
        Thread.currentThread().interrupt();
        return;
      }
    }
    queue.forEach(task -> task.cancel(false));
  }

  /** Ends the thread once the work that is under way is done; work that waits is cancelled. */
  @Override
  public void close() {
    closed = true;
    queue.add(new Task<>(() -> null, Long.MIN_VALUE, 0));
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
