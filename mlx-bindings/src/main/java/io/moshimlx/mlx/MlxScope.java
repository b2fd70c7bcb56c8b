package io.moshimlx.mlx;

/**
 * Owns the arrays that operations make on this thread while it is the innermost open scope, and
 * frees them when it closes, but for those that were {@linkplain MlxArray#retain retained}. Scopes
 * nest as blocks do.
 *
 * <p>Close a step's scope before evaluating its retained results: MLX updates an array in place
 * only when nothing else holds it, and an open handle does.
 *
 * <p>A {@linkplain #recycling recycling} scope leaves its Java objects, too, to the arrays that are
 * made after it has closed, so that a loop of such scopes makes no garbage.
 */
public final class MlxScope implements AutoCloseable {
  private final ThreadContext owner;
  private final MlxScope outer;
  private final int base;
  private final boolean recycles;
  private boolean closed;

  private MlxScope(ThreadContext owner, boolean recycles) {
    this.owner = owner;
    this.recycles = recycles;
    this.outer = owner.owners().innermost();
    this.base = owner.owners().open(this);
  }

  /** Opens a scope inside the thread's innermost one. */
  public static MlxScope open() {
    return new MlxScope(ThreadContext.current(), false);
  }

  /**
   * As {@link #open}, for the inner loop of a model. An array that was not retained must not be
   * touched after the scope has closed: it may be another one by then.
   */
  public static MlxScope recycling() {
    return new MlxScope(ThreadContext.current(), true);
  }

  /** Frees what the scope still owns. Idempotent. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    owner.requireThisThread("an MlxScope");
    if (owner.owners().innermost() != this) {
      throw new IllegalStateException(
          "an MlxScope was closed while one opened later is still open");
    }
    closed = true;
    owner.owners().close(outer, base, recycles);
  }
}
