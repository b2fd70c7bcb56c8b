package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_argmax_axis;
import static io.moshimlx.mlx.c.MlxC.mlx_cumsum_axis;
import static io.moshimlx.mlx.c.MlxC.mlx_softmax_axis;
import static io.moshimlx.mlx.c.MlxC.mlx_sum_axis;

/** What sums up an axis. A negative axis counts from the end. */
public final class Reductions {
  private Reductions() {}

  /** The sum along {@code axis}. */
  public static MlxArray sum(MlxArray a, int axis, boolean keepDims) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_sum_axis(c.out(), a.handle(c), axis, keepDims, c.stream()), "sum");
  }

  /** The index (uint32) of the greatest along {@code axis}, the first of equals. */
  public static MlxArray argmax(MlxArray a, int axis, boolean keepDims) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_argmax_axis(c.out(), a.handle(c), axis, keepDims, c.stream()), "argmax");
  }

  /** Softmax along {@code axis}, accumulated in the array's own type. */
  public static MlxArray softmax(MlxArray a, int axis) {
    return softmax(a, axis, false);
  }

  /** Softmax along {@code axis}; {@code precise} accumulates in float32. */
  public static MlxArray softmax(MlxArray a, int axis, boolean precise) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_softmax_axis(c.out(), a.handle(c), axis, precise, c.stream()), "softmax");
  }

  /**
   * Running sums along {@code axis}, from its end if {@code reverse}, each with its own element if
   * {@code inclusive}.
   */
  public static MlxArray cumsum(MlxArray a, int axis, boolean reverse, boolean inclusive) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_cumsum_axis(
            c.out(),
            a.handle(c),
            axis,
            reverse,
            inclusive,
            c.arguments().optionals().noDtype(),
            c.stream()),
        "cumsum");
  }
}
