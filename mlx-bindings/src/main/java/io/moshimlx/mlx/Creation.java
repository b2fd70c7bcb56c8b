package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_arange;
import static io.moshimlx.mlx.c.MlxC.mlx_full;
import static io.moshimlx.mlx.c.MlxC.mlx_ones;
import static io.moshimlx.mlx.c.MlxC.mlx_tril;
import static io.moshimlx.mlx.c.MlxC.mlx_triu;
import static io.moshimlx.mlx.c.MlxC.mlx_zeros;

/**
 * Arrays from nothing, and triangles. For those from Java's see {@link MlxArray#of(float[],
 * int...)}.
 */
public final class Creation {
  private Creation() {}

  /** From {@code start} to before {@code stop} in steps of {@code step}. */
  public static MlxArray arange(double start, double stop, double step, DType dtype) {
    Native n = Native.scoped();
    return n.result(mlx_arange(n.out, start, stop, step, dtype.code(), n.stream), "arange");
  }

  public static MlxArray zeros(DType dtype, int... shape) {
    Native n = Native.scoped();
    return n.result(
        mlx_zeros(n.out, n.ints(0, shape), shape.length, dtype.code(), n.stream), "zeros");
  }

  public static MlxArray ones(DType dtype, int... shape) {
    Native n = Native.scoped();
    return n.result(
        mlx_ones(n.out, n.ints(0, shape), shape.length, dtype.code(), n.stream), "ones");
  }

  public static MlxArray full(float value, DType dtype, int... shape) {
    Native n = Native.scoped();
    long scalar = n.scalarHandle(value, dtype);
    int status = mlx_full(n.out, n.ints(0, shape), shape.length, scalar, dtype.code(), n.stream);
    n.free(scalar);
    return n.result(status, "full");
  }

  /** The last two axes with zeros above the {@code k}-th diagonal. */
  public static MlxArray tril(MlxArray a, int k) {
    Native n = Native.scoped();
    return n.result(mlx_tril(n.out, a.handle(n), k, n.stream), "tril");
  }

  /** The last two axes with zeros below the {@code k}-th diagonal. */
  public static MlxArray triu(MlxArray a, int k) {
    Native n = Native.scoped();
    return n.result(mlx_triu(n.out, a.handle(n), k, n.stream), "triu");
  }
}
