package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_equal;
import static io.moshimlx.mlx.c.MlxC.mlx_greater;
import static io.moshimlx.mlx.c.MlxC.mlx_greater_equal;
import static io.moshimlx.mlx.c.MlxC.mlx_less;
import static io.moshimlx.mlx.c.MlxC.mlx_less_equal;
import static io.moshimlx.mlx.c.MlxC.mlx_logical_and;
import static io.moshimlx.mlx.c.MlxC.mlx_logical_not;
import static io.moshimlx.mlx.c.MlxC.mlx_logical_or;
import static io.moshimlx.mlx.c.MlxC.mlx_not_equal;
import static io.moshimlx.mlx.c.MlxC.mlx_where;

/**
 * Comparisons, which give arrays of {@link DType#BOOL}, and what is built of them. A scalar on the
 * right is of the array's type.
 */
public final class Logic {
  private Logic() {}

  /** {@code a == b} */
  public static MlxArray equal(MlxArray a, MlxArray b) {
    Native n = Native.scoped();
    return n.result(mlx_equal(n.out, a.handle(n), b.handle(n), n.stream), "equal");
  }

  /** {@code a == b} */
  public static MlxArray equal(MlxArray a, float b) {
    return equal(a, Native.scoped().scalarLike(b, a));
  }

  /** {@code a != b} */
  public static MlxArray notEqual(MlxArray a, MlxArray b) {
    Native n = Native.scoped();
    return n.result(mlx_not_equal(n.out, a.handle(n), b.handle(n), n.stream), "notEqual");
  }

  /** {@code a != b} */
  public static MlxArray notEqual(MlxArray a, float b) {
    return notEqual(a, Native.scoped().scalarLike(b, a));
  }

  /** {@code a < b} */
  public static MlxArray less(MlxArray a, MlxArray b) {
    Native n = Native.scoped();
    return n.result(mlx_less(n.out, a.handle(n), b.handle(n), n.stream), "less");
  }

  /** {@code a < b} */
  public static MlxArray less(MlxArray a, float b) {
    return less(a, Native.scoped().scalarLike(b, a));
  }

  /** {@code a <= b} */
  public static MlxArray lessEqual(MlxArray a, MlxArray b) {
    Native n = Native.scoped();
    return n.result(mlx_less_equal(n.out, a.handle(n), b.handle(n), n.stream), "lessEqual");
  }

  /** {@code a <= b} */
  public static MlxArray lessEqual(MlxArray a, float b) {
    return lessEqual(a, Native.scoped().scalarLike(b, a));
  }

  /** {@code a > b} */
  public static MlxArray greater(MlxArray a, MlxArray b) {
    Native n = Native.scoped();
    return n.result(mlx_greater(n.out, a.handle(n), b.handle(n), n.stream), "greater");
  }

  /** {@code a > b} */
  public static MlxArray greater(MlxArray a, float b) {
    return greater(a, Native.scoped().scalarLike(b, a));
  }

  /** {@code a >= b} */
  public static MlxArray greaterEqual(MlxArray a, MlxArray b) {
    Native n = Native.scoped();
    return n.result(mlx_greater_equal(n.out, a.handle(n), b.handle(n), n.stream), "greaterEqual");
  }

  /** {@code a >= b} */
  public static MlxArray greaterEqual(MlxArray a, float b) {
    return greaterEqual(a, Native.scoped().scalarLike(b, a));
  }

  public static MlxArray logicalAnd(MlxArray a, MlxArray b) {
    Native n = Native.scoped();
    return n.result(mlx_logical_and(n.out, a.handle(n), b.handle(n), n.stream), "logicalAnd");
  }

  public static MlxArray logicalOr(MlxArray a, MlxArray b) {
    Native n = Native.scoped();
    return n.result(mlx_logical_or(n.out, a.handle(n), b.handle(n), n.stream), "logicalOr");
  }

  public static MlxArray logicalNot(MlxArray a) {
    Native n = Native.scoped();
    return n.result(mlx_logical_not(n.out, a.handle(n), n.stream), "logicalNot");
  }

  /** Of {@code a} where {@code condition} holds and of {@code b} elsewhere; the three broadcast. */
  public static MlxArray where(MlxArray condition, MlxArray a, MlxArray b) {
    Native n = Native.scoped();
    return n.result(
        mlx_where(n.out, condition.handle(n), a.handle(n), b.handle(n), n.stream), "where");
  }
}
