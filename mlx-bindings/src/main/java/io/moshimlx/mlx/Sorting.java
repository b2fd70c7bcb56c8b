package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_argpartition_axis;
import static io.moshimlx.mlx.c.MlxC.mlx_argsort_axis;
import static io.moshimlx.mlx.c.MlxC.mlx_searchsorted;
import static io.moshimlx.mlx.c.MlxC.mlx_sort_axis;

/** Order along an axis. A negative axis counts from the end. */
public final class Sorting {
  private Sorting() {}

  /**
   * Indices (uint32) that put the element of rank {@code kth} in its place, lesser ones before it
   * and greater ones after it.
   */
  public static MlxArray argpartition(MlxArray a, int kth, int axis) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_argpartition_axis(c.out(), a.handle(c), kth, axis, c.stream()), "argpartition");
  }

  /** Indices (uint32) that sort in ascending order. */
  public static MlxArray argsort(MlxArray a, int axis) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_argsort_axis(c.out(), a.handle(c), axis, c.stream()), "argsort");
  }

  /** Sorts in ascending order. */
  public static MlxArray sort(MlxArray a, int axis) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_sort_axis(c.out(), a.handle(c), axis, c.stream()), "sort");
  }

  /**
   * Where each value (uint32 index) would go into the ascending vector {@code sorted}: before its
   * equals, or after them if {@code right}.
   */
  public static MlxArray searchsorted(MlxArray sorted, MlxArray values, boolean right) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_searchsorted(
            c.out(),
            sorted.handle(c),
            values.handle(c),
            right ? CStrings.RIGHT : CStrings.LEFT,
            c.stream()),
        "searchsorted");
  }
}
