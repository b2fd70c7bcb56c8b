package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_abs;
import static io.moshimlx.mlx.c.MlxC.mlx_add;
import static io.moshimlx.mlx.c.MlxC.mlx_astype;
import static io.moshimlx.mlx.c.MlxC.mlx_cos;
import static io.moshimlx.mlx.c.MlxC.mlx_divide;
import static io.moshimlx.mlx.c.MlxC.mlx_erf;
import static io.moshimlx.mlx.c.MlxC.mlx_exp;
import static io.moshimlx.mlx.c.MlxC.mlx_floor_divide;
import static io.moshimlx.mlx.c.MlxC.mlx_log;
import static io.moshimlx.mlx.c.MlxC.mlx_maximum;
import static io.moshimlx.mlx.c.MlxC.mlx_minimum;
import static io.moshimlx.mlx.c.MlxC.mlx_multiply;
import static io.moshimlx.mlx.c.MlxC.mlx_negative;
import static io.moshimlx.mlx.c.MlxC.mlx_power;
import static io.moshimlx.mlx.c.MlxC.mlx_remainder;
import static io.moshimlx.mlx.c.MlxC.mlx_rsqrt;
import static io.moshimlx.mlx.c.MlxC.mlx_sigmoid;
import static io.moshimlx.mlx.c.MlxC.mlx_sin;
import static io.moshimlx.mlx.c.MlxC.mlx_sqrt;
import static io.moshimlx.mlx.c.MlxC.mlx_square;
import static io.moshimlx.mlx.c.MlxC.mlx_subtract;
import static io.moshimlx.mlx.c.MlxC.mlx_tanh;

/**
 * Arithmetic on each element, or pair of elements after broadcasting. A scalar on the right is of
 * the array's type.
 */
public final class Elementwise {
  private Elementwise() {}

  /** a + b */
  public static MlxArray add(MlxArray a, MlxArray b) {
    Native n = Native.scoped();
    return n.result(mlx_add(n.out, a.handle(n), b.handle(n), n.stream), "add");
  }

  /** a + b */
  public static MlxArray add(MlxArray a, float b) {
    return add(a, Native.scoped().scalarLike(b, a));
  }

  /** a - b */
  public static MlxArray subtract(MlxArray a, MlxArray b) {
    Native n = Native.scoped();
    return n.result(mlx_subtract(n.out, a.handle(n), b.handle(n), n.stream), "subtract");
  }

  /** a - b */
  public static MlxArray subtract(MlxArray a, float b) {
    return subtract(a, Native.scoped().scalarLike(b, a));
  }

  /** a * b */
  public static MlxArray multiply(MlxArray a, MlxArray b) {
    Native n = Native.scoped();
    return n.result(mlx_multiply(n.out, a.handle(n), b.handle(n), n.stream), "multiply");
  }

  /** a * b */
  public static MlxArray multiply(MlxArray a, float b) {
    return multiply(a, Native.scoped().scalarLike(b, a));
  }

  /** a / b; float32 for integers. */
  public static MlxArray divide(MlxArray a, MlxArray b) {
    Native n = Native.scoped();
    return n.result(mlx_divide(n.out, a.handle(n), b.handle(n), n.stream), "divide");
  }

  /** a / b; float32 for integers. */
  public static MlxArray divide(MlxArray a, float b) {
    return divide(a, Native.scoped().scalarLike(b, a));
  }

  /** floor(a / b) */
  public static MlxArray floorDivide(MlxArray a, MlxArray b) {
    Native n = Native.scoped();
    return n.result(mlx_floor_divide(n.out, a.handle(n), b.handle(n), n.stream), "floorDivide");
  }

  /** floor(a / b) */
  public static MlxArray floorDivide(MlxArray a, float b) {
    return floorDivide(a, Native.scoped().scalarLike(b, a));
  }

  /** a - b * floor(a / b): takes the sign of b. */
  public static MlxArray remainder(MlxArray a, MlxArray b) {
    Native n = Native.scoped();
    return n.result(mlx_remainder(n.out, a.handle(n), b.handle(n), n.stream), "remainder");
  }

  /** As {@link #remainder(MlxArray, MlxArray)}. */
  public static MlxArray remainder(MlxArray a, float b) {
    return remainder(a, Native.scoped().scalarLike(b, a));
  }

  /** The greater of each pair; NaN where either is. */
  public static MlxArray maximum(MlxArray a, MlxArray b) {
    Native n = Native.scoped();
    return n.result(mlx_maximum(n.out, a.handle(n), b.handle(n), n.stream), "maximum");
  }

  /** As {@link #maximum(MlxArray, MlxArray)}. */
  public static MlxArray maximum(MlxArray a, float b) {
    return maximum(a, Native.scoped().scalarLike(b, a));
  }

  /** The lesser of each pair; NaN where either is. */
  public static MlxArray minimum(MlxArray a, MlxArray b) {
    Native n = Native.scoped();
    return n.result(mlx_minimum(n.out, a.handle(n), b.handle(n), n.stream), "minimum");
  }

  /** As {@link #minimum(MlxArray, MlxArray)}. */
  public static MlxArray minimum(MlxArray a, float b) {
    return minimum(a, Native.scoped().scalarLike(b, a));
  }

  /** a to the power of b */
  public static MlxArray power(MlxArray a, MlxArray b) {
    Native n = Native.scoped();
    return n.result(mlx_power(n.out, a.handle(n), b.handle(n), n.stream), "power");
  }

  /** a to the power of b */
  public static MlxArray power(MlxArray a, float b) {
    return power(a, Native.scoped().scalarLike(b, a));
  }

  public static MlxArray negative(MlxArray a) {
    Native n = Native.scoped();
    return n.result(mlx_negative(n.out, a.handle(n), n.stream), "negative");
  }

  public static MlxArray exp(MlxArray a) {
    Native n = Native.scoped();
    return n.result(mlx_exp(n.out, a.handle(n), n.stream), "exp");
  }

  /** The natural logarithm. */
  public static MlxArray log(MlxArray a) {
    Native n = Native.scoped();
    return n.result(mlx_log(n.out, a.handle(n), n.stream), "log");
  }

  public static MlxArray sqrt(MlxArray a) {
    Native n = Native.scoped();
    return n.result(mlx_sqrt(n.out, a.handle(n), n.stream), "sqrt");
  }

  /** 1 / sqrt(a) */
  public static MlxArray rsqrt(MlxArray a) {
    Native n = Native.scoped();
    return n.result(mlx_rsqrt(n.out, a.handle(n), n.stream), "rsqrt");
  }

  public static MlxArray square(MlxArray a) {
    Native n = Native.scoped();
    return n.result(mlx_square(n.out, a.handle(n), n.stream), "square");
  }

  public static MlxArray abs(MlxArray a) {
    Native n = Native.scoped();
    return n.result(mlx_abs(n.out, a.handle(n), n.stream), "abs");
  }

  public static MlxArray sigmoid(MlxArray a) {
    Native n = Native.scoped();
    return n.result(mlx_sigmoid(n.out, a.handle(n), n.stream), "sigmoid");
  }

  public static MlxArray tanh(MlxArray a) {
    Native n = Native.scoped();
    return n.result(mlx_tanh(n.out, a.handle(n), n.stream), "tanh");
  }

  public static MlxArray sin(MlxArray a) {
    Native n = Native.scoped();
    return n.result(mlx_sin(n.out, a.handle(n), n.stream), "sin");
  }

  public static MlxArray cos(MlxArray a) {
    Native n = Native.scoped();
    return n.result(mlx_cos(n.out, a.handle(n), n.stream), "cos");
  }

  public static MlxArray erf(MlxArray a) {
    Native n = Native.scoped();
    return n.result(mlx_erf(n.out, a.handle(n), n.stream), "erf");
  }

  /** Casts the elements. */
  public static MlxArray astype(MlxArray a, DType dtype) {
    Native n = Native.scoped();
    return n.result(mlx_astype(n.out, a.handle(n), dtype.code(), n.stream), "astype");
  }
}
