package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_arange;
import static io.moshimlx.mlx.c.MlxC.mlx_ones;
import static io.moshimlx.mlx.c.MlxC.mlx_zeros;

/**
 * Arrays from nothing, and triangles. For those from Java's see {@link MlxArray#of(float[],
 * int...)}.
 */
public final class Creation {
  private Creation() {}

  /** From {@code start} to before {@code stop} in steps of {@code step}. */
  public static MlxArray arange(double start, double stop, double step, DType dtype) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_arange(c.out(), start, stop, step, dtype.code(), c.stream()), "arange");
  }

  public static MlxArray zeros(DType dtype, int... shape) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_zeros(c.out(), c.arguments().ints(shape), shape.length, dtype.code(), c.stream()),
        "zeros");
  }

  public static MlxArray ones(DType dtype, int... shape) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_ones(c.out(), c.arguments().ints(shape), shape.length, dtype.code(), c.stream()),
        "ones");
  }
}
