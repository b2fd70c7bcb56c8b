package io.moshimlx.mlx;

import java.util.Collection;
import java.util.List;
import java.util.function.UnaryOperator;

/** Evaluation and compilation. */
public final class Transforms {
  private Transforms() {}

  /** Computes the arrays and waits for them. */
  public static void eval(MlxArray... arrays) {
    ThreadContext c = ThreadContext.current();
    c.evaluate(c.vectors().of(arrays), true);
  }

  /** As {@link #eval(MlxArray...)}. */
  public static void eval(Collection<MlxArray> arrays) {
    ThreadContext c = ThreadContext.current();
    c.evaluate(c.vectors().of(List.copyOf(arrays)), true);
  }

  /** Starts computing the array and returns. */
  public static void asyncEval(MlxArray array) {
    ThreadContext c = ThreadContext.current();
    c.evaluate(c.vectors().of(array.handle(c)), false);
  }

  /**
   * A function whose graph MLX traces once for each new set of argument types and shapes,
   * simplifies and fuses.
   *
   * @param function must depend on nothing but its arguments, and on constants; it sees
   *     placeholders while it is traced, so it cannot read values
   * @param shapeless traces once for all shapes, where the operations allow that
   */
  public static MlxFunction compile(UnaryOperator<MlxArray[]> function, boolean shapeless) {
    return new MlxFunction(ThreadContext.current(), function, shapeless);
  }
}
