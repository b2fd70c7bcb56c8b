package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_argmax_axis;
import static io.moshimlx.mlx.c.MlxC.mlx_cumsum_axis;
import static io.moshimlx.mlx.c.MlxC.mlx_logsumexp_axis;
import static io.moshimlx.mlx.c.MlxC.mlx_max_axis;
import static io.moshimlx.mlx.c.MlxC.mlx_mean_axis;
import static io.moshimlx.mlx.c.MlxC.mlx_min_axis;
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

  /** The mean along {@code axis}. */
  public static MlxArray mean(MlxArray a, int axis, boolean keepDims) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_mean_axis(c.out(), a.handle(c), axis, keepDims, c.stream()), "mean");
  }

  /** The greatest along {@code axis}. */
  public static MlxArray max(MlxArray a, int axis, boolean keepDims) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_max_axis(c.out(), a.handle(c), axis, keepDims, c.stream()), "max");
  }

  /** The least along {@code axis}. */
  public static MlxArray min(MlxArray a, int axis, boolean keepDims) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_min_axis(c.out(), a.handle(c), axis, keepDims, c.stream()), "min");
  }

  /** log(sum(exp(a))) along {@code axis}, without overflow. */
  public static MlxArray logsumexp(MlxArray a, int axis, boolean keepDims) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_logsumexp_axis(c.out(), a.handle(c), axis, keepDims, c.stream()), "logsumexp");
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
