package io.moshimlx.mlx;

/**
 * Owns the arrays that operations make on this thread while it is the innermost open scope, and
 * frees them when it closes, but for those that were {@linkplain MlxArray#retain retained}. Scopes
 * nest as blocks do.
 *
 * <p>Close a step's scope before evaluating its retained results: MLX updates an array in place
 * only when nothing else holds it, and an open handle does.
 */
public final class MlxScope implements AutoCloseable {
  private final Native owner;
  private final MlxScope outer;
  private final int base;
  private boolean closed;

  private MlxScope(Native owner) {
    this.owner = owner;
    this.outer = owner.scope;
    this.base = owner.ownedCount();
    owner.scope = this;
  }

  /** Opens a scope inside the thread's innermost one. */
  public static MlxScope open() {
    return new MlxScope(Native.current());
  }

  /** Frees what the scope still owns. Idempotent. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    owner.requireThisThread("an MlxScope");
    if (owner.scope != this) {
      throw new IllegalStateException(
          "an MlxScope was closed while one opened later is still open");
    }
    closed = true;
    owner.scope = outer;
    owner.freeOwned(base);
  }
}
