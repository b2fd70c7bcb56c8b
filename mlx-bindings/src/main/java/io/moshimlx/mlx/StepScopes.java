package io.moshimlx.mlx;

/**
 * Opens the scopes of a model's steps. Each leaves its Java objects to the arrays of those opened
 * after it, so that a loop of steps makes no garbage. Belongs to the thread that made it.
 *
 * <p>In return, use of an array after its scope was closed is not always detected: it may be an
 * array of a later step by then, though never one of another {@code StepScopes} or of a plain
 * {@link MlxScope}. Therefore only the owner of the steps has one. To find such a use, start Java
 * with {@code -Dmoshimlx.recycle=false}: nothing is reused then, and it throws {@link
 * IllegalStateException}.
 */
public final class StepScopes {
  private final ThreadContext owner = ThreadContext.current();
  private final OwnedArrays arrays =
      new OwnedArrays(owner, !"false".equals(System.getProperty("moshimlx.recycle")));

  /** Opens a scope inside the thread's innermost one, for one step or a part of it. */
  public MlxScope open() {
    owner.requireThisThread("a StepScopes");
    return new MlxScope(owner, arrays);
  }
}
