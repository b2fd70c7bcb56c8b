package io.moshimlx.mlx;

/** Counts what its thread has MLX compute, from {@link #watch} until it is closed. */
public final class Workload implements AutoCloseable {
  private final ThreadContext owner;
  private final boolean countsPrimitives;
  private long primitives;
  private int waits;
  private long nanos;
  private long started;

  private Workload(ThreadContext owner, boolean countsPrimitives) {
    this.owner = owner;
    this.countsPrimitives = countsPrimitives;
  }

  /**
   * Starts counting; there can be one such count a thread.
   *
   * @param primitives whether to count the primitives of each graph too. To that end MLX writes it
   *     out, which takes far longer than to compute it.
   */
  public static Workload watch(boolean primitives) {
    ThreadContext c = ThreadContext.current();
    Workload counting = new Workload(c, primitives);
    c.watch(counting);
    return counting;
  }

  /** The primitives of what was evaluated, as MLX draws them: a compiled kernel is one. */
  public long primitives() {
    return primitives;
  }

  /** How often the thread waited for a result. */
  public int waits() {
    return waits;
  }

  /** Nanoseconds that the thread spent on handing graphs to MLX and on waiting for results. */
  public long nanos() {
    return nanos;
  }

  /** Stops counting. */
  @Override
  public void close() {
    owner.requireThisThread("a Workload");
    owner.unwatch();
  }

  /**
   * An evaluation begins.
   *
   * @param arrays the vector that is evaluated
   */
  void begin(long arrays) {
    if (countsPrimitives) {
      primitives += Graph.primitives(arrays);
    }
    started = System.nanoTime();
  }

  /** The evaluation is over, or on its way. */
  void end(boolean waited) {
    nanos += System.nanoTime() - started;
    waits += waited ? 1 : 0;
  }
}
