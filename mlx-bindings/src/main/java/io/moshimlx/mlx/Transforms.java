package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_async_eval;
import static io.moshimlx.mlx.c.MlxC.mlx_eval;
import static io.moshimlx.mlx.c.MlxC.mlx_vector_array_free;

import java.util.Collection;
import java.util.List;
import java.util.function.UnaryOperator;

/** Evaluation and compilation. */
public final class Transforms {
  private Transforms() {}

  /** Computes the arrays and waits for them. */
  public static void eval(MlxArray... arrays) {
    Native n = Native.current();
    eval(n, n.vector(arrays));
  }

  /** As {@link #eval(MlxArray...)}. */
  public static void eval(Collection<MlxArray> arrays) {
    Native n = Native.current();
    eval(n, n.vector(List.copyOf(arrays)));
  }

  /** Starts computing the arrays and returns. */
  public static void asyncEval(MlxArray... arrays) {
    Native n = Native.current();
    asyncEval(n, n.vector(arrays));
  }

  /** As {@link #asyncEval(MlxArray...)}. */
  public static void asyncEval(Collection<MlxArray> arrays) {
    Native n = Native.current();
    asyncEval(n, n.vector(List.copyOf(arrays)));
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
    return new MlxFunction(Native.current(), function, shapeless);
  }

  private static void eval(Native n, long vector) {
    int status = mlx_eval(vector);
    mlx_vector_array_free(vector);
    n.check(status, "eval");
  }

  private static void asyncEval(Native n, long vector) {
    int status = mlx_async_eval(vector);
    mlx_vector_array_free(vector);
    n.check(status, "asyncEval");
  }
}
