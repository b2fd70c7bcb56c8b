package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_add;
import static io.moshimlx.mlx.c.MlxC.mlx_astype;
import static io.moshimlx.mlx.c.MlxC.mlx_cos;
import static io.moshimlx.mlx.c.MlxC.mlx_divide;
import static io.moshimlx.mlx.c.MlxC.mlx_exp;
import static io.moshimlx.mlx.c.MlxC.mlx_floor_divide;
import static io.moshimlx.mlx.c.MlxC.mlx_log;
import static io.moshimlx.mlx.c.MlxC.mlx_maximum;
import static io.moshimlx.mlx.c.MlxC.mlx_minimum;
import static io.moshimlx.mlx.c.MlxC.mlx_multiply;
import static io.moshimlx.mlx.c.MlxC.mlx_negative;
import static io.moshimlx.mlx.c.MlxC.mlx_remainder;
import static io.moshimlx.mlx.c.MlxC.mlx_rsqrt;
import static io.moshimlx.mlx.c.MlxC.mlx_sigmoid;
import static io.moshimlx.mlx.c.MlxC.mlx_sin;
import static io.moshimlx.mlx.c.MlxC.mlx_square;
import static io.moshimlx.mlx.c.MlxC.mlx_subtract;

/**
 * Arithmetic on each element, or pair of elements after broadcasting. A scalar on the right is of
 * the array's type.
 */
public final class Elementwise {
  private Elementwise() {}

  /** a + b */
  public static MlxArray add(MlxArray a, MlxArray b) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_add(c.out(), a.handle(c), b.handle(c), c.stream()), "add");
  }

  /** a + b */
  public static MlxArray add(MlxArray a, float b) {
    return add(a, ThreadContext.scoped().scalarLike(b, a));
  }

  /** a - b */
  public static MlxArray subtract(MlxArray a, MlxArray b) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_subtract(c.out(), a.handle(c), b.handle(c), c.stream()), "subtract");
  }

  /** a - b */
  public static MlxArray subtract(MlxArray a, float b) {
    return subtract(a, ThreadContext.scoped().scalarLike(b, a));
  }

  /** a * b */
  public static MlxArray multiply(MlxArray a, MlxArray b) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_multiply(c.out(), a.handle(c), b.handle(c), c.stream()), "multiply");
  }

  /** a * b */
  public static MlxArray multiply(MlxArray a, float b) {
    return multiply(a, ThreadContext.scoped().scalarLike(b, a));
  }

  /** a / b; float32 for integers. */
  public static MlxArray divide(MlxArray a, MlxArray b) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_divide(c.out(), a.handle(c), b.handle(c), c.stream()), "divide");
  }

  /** a / b; float32 for integers. */
  public static MlxArray divide(MlxArray a, float b) {
    return divide(a, ThreadContext.scoped().scalarLike(b, a));
  }

  /** floor(a / b) */
  public static MlxArray floorDivide(MlxArray a, MlxArray b) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_floor_divide(c.out(), a.handle(c), b.handle(c), c.stream()), "floorDivide");
  }

  /** floor(a / b) */
  public static MlxArray floorDivide(MlxArray a, float b) {
    return floorDivide(a, ThreadContext.scoped().scalarLike(b, a));
  }

  /** a - b * floor(a / b): takes the sign of b. */
  public static MlxArray remainder(MlxArray a, MlxArray b) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_remainder(c.out(), a.handle(c), b.handle(c), c.stream()), "remainder");
  }

  /** As {@link #remainder(MlxArray, MlxArray)}. */
  public static MlxArray remainder(MlxArray a, float b) {
    return remainder(a, ThreadContext.scoped().scalarLike(b, a));
  }

  /** The greater of each pair; NaN where either is. */
  public static MlxArray maximum(MlxArray a, MlxArray b) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_maximum(c.out(), a.handle(c), b.handle(c), c.stream()), "maximum");
  }

  /** As {@link #maximum(MlxArray, MlxArray)}. */
  public static MlxArray maximum(MlxArray a, float b) {
    return maximum(a, ThreadContext.scoped().scalarLike(b, a));
  }

  /** The lesser of each pair; NaN where either is. */
  public static MlxArray minimum(MlxArray a, MlxArray b) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_minimum(c.out(), a.handle(c), b.handle(c), c.stream()), "minimum");
  }

  /** As {@link #minimum(MlxArray, MlxArray)}. */
  public static MlxArray minimum(MlxArray a, float b) {
    return minimum(a, ThreadContext.scoped().scalarLike(b, a));
  }

  public static MlxArray negative(MlxArray a) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_negative(c.out(), a.handle(c), c.stream()), "negative");
  }

  public static MlxArray exp(MlxArray a) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_exp(c.out(), a.handle(c), c.stream()), "exp");
  }

  /** The natural logarithm. */
  public static MlxArray log(MlxArray a) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_log(c.out(), a.handle(c), c.stream()), "log");
  }

  /** 1 / sqrt(a) */
  public static MlxArray rsqrt(MlxArray a) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_rsqrt(c.out(), a.handle(c), c.stream()), "rsqrt");
  }

  public static MlxArray square(MlxArray a) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_square(c.out(), a.handle(c), c.stream()), "square");
  }

  public static MlxArray sigmoid(MlxArray a) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_sigmoid(c.out(), a.handle(c), c.stream()), "sigmoid");
  }

  public static MlxArray sin(MlxArray a) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_sin(c.out(), a.handle(c), c.stream()), "sin");
  }

  public static MlxArray cos(MlxArray a) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_cos(c.out(), a.handle(c), c.stream()), "cos");
  }

  /** Casts the elements. */
  public static MlxArray astype(MlxArray a, DType dtype) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_astype(c.out(), a.handle(c), dtype.code(), c.stream()), "astype");
  }
}
