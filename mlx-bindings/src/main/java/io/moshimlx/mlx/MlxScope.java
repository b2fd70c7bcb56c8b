package io.moshimlx.mlx;

/**
 * Owns the arrays that operations make on this thread while it is the innermost open scope, and
 * frees them when it closes, but for those that were {@linkplain MlxArray#retain retained}. Scopes
 * nest as blocks do.
 *
 * <p>Close a step's scope before evaluating its retained results: MLX updates an array in place
 * only when nothing else holds it, and an open handle does. {@link StepScopes} opens the scopes of
 * a loop of steps.
 */
public final class MlxScope implements AutoCloseable {
  private final ThreadContext owner;
  private final MlxScope outer;
  private final OwnedArrays arrays;
  private final int base;
  private boolean closed;

  /** Opens a scope inside the thread's innermost one; its arrays lie on top of {@code arrays}. */
  MlxScope(ThreadContext owner, OwnedArrays arrays) {
    this.owner = owner;
    this.arrays = arrays;
    this.base = arrays.size();
    this.outer = owner.innermost();
    owner.setInnermost(this);
  }

  /** Opens a scope inside the thread's innermost one. */
  public static MlxScope open() {
    ThreadContext c = ThreadContext.current();
    return new MlxScope(c, c.arrays());
  }

  /** Takes a new handle; returns its array. */
  MlxArray own(long handle) {
    return arrays.add(handle);
  }

  /** Frees the arrays that the scope still owns. Idempotent. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    owner.requireThisThread("an MlxScope");
    if (owner.innermost() != this) {
      throw new IllegalStateException(
          "an MlxScope was closed while one opened later is still open");
    }
    closed = true;
    owner.setInnermost(outer);
    arrays.free(base);
  }
}
