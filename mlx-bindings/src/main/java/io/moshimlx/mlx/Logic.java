package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_equal;
import static io.moshimlx.mlx.c.MlxC.mlx_greater;
import static io.moshimlx.mlx.c.MlxC.mlx_greater_equal;
import static io.moshimlx.mlx.c.MlxC.mlx_less;
import static io.moshimlx.mlx.c.MlxC.mlx_where;

/**
 * Comparisons, which give arrays of {@link DType#BOOL}, and what is built of them. A scalar on the
 * right is of the array's type.
 */
public final class Logic {
  private Logic() {}

  /** {@code a == b} */
  public static MlxArray equal(MlxArray a, MlxArray b) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_equal(c.out(), a.handle(c), b.handle(c), c.stream()), "equal");
  }

  /** {@code a == b} */
  public static MlxArray equal(MlxArray a, float b) {
    return equal(a, ThreadContext.scoped().scalarLike(b, a));
  }

  /** {@code a < b} */
  public static MlxArray less(MlxArray a, MlxArray b) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_less(c.out(), a.handle(c), b.handle(c), c.stream()), "less");
  }

  /** {@code a < b} */
  public static MlxArray less(MlxArray a, float b) {
    return less(a, ThreadContext.scoped().scalarLike(b, a));
  }

  /** {@code a > b} */
  public static MlxArray greater(MlxArray a, MlxArray b) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_greater(c.out(), a.handle(c), b.handle(c), c.stream()), "greater");
  }

  /** {@code a > b} */
  public static MlxArray greater(MlxArray a, float b) {
    return greater(a, ThreadContext.scoped().scalarLike(b, a));
  }

  /** {@code a >= b} */
  public static MlxArray greaterEqual(MlxArray a, MlxArray b) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_greater_equal(c.out(), a.handle(c), b.handle(c), c.stream()), "greaterEqual");
  }

  /** {@code a >= b} */
  public static MlxArray greaterEqual(MlxArray a, float b) {
    return greaterEqual(a, ThreadContext.scoped().scalarLike(b, a));
  }

  /** Of {@code a} where {@code condition} holds and of {@code b} elsewhere; the three broadcast. */
  public static MlxArray where(MlxArray condition, MlxArray a, MlxArray b) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_where(c.out(), condition.handle(c), a.handle(c), b.handle(c), c.stream()), "where");
  }
}
