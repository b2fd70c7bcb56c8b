package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_random_categorical;
import static io.moshimlx.mlx.c.MlxC.mlx_random_gumbel;
import static io.moshimlx.mlx.c.MlxC.mlx_random_key;
import static io.moshimlx.mlx.c.MlxC.mlx_random_normal;
import static io.moshimlx.mlx.c.MlxC.mlx_random_split;
import static io.moshimlx.mlx.c.MlxC.mlx_random_split_num;
import static io.moshimlx.mlx.c.MlxC.mlx_random_uniform;

/** Random numbers, each from an explicit key, so that the same key gives the same numbers. */
public final class Random {
  private Random() {}

  /** The key of a seed. */
  public static MlxArray key(long seed) {
    Native n = Native.scoped();
    return n.result(mlx_random_key(n.out, seed), "key");
  }

  /** Two new keys. */
  public static MlxArray[] split(MlxArray key) {
    Native n = Native.scoped();
    int status = mlx_random_split(n.out, n.out2, key.handle(n), n.stream);
    n.check(status, "split");
    return new MlxArray[] {n.own(n.take(n.out)), n.own(n.take(n.out2))};
  }

  /** So many new keys. */
  public static MlxArray[] split(MlxArray key, int count) {
    Native n = Native.scoped();
    MlxArray keys = n.result(mlx_random_split_num(n.out, key.handle(n), count, n.stream), "split");
    MlxArray[] parts = Shapes.split(keys, count, 0);
    for (int i = 0; i < count; i++) {
      parts[i] = Shapes.squeeze(parts[i], 0);
    }
    return parts;
  }

  /** Evenly spread from {@code low} to before {@code high}. */
  public static MlxArray uniform(MlxArray key, float low, float high, DType dtype, int... shape) {
    Native n = Native.scoped();
    long from = n.scalarHandle(low, dtype);
    long to = n.scalarHandle(high, dtype);
    int status =
        mlx_random_uniform(
            n.out, from, to, n.ints(0, shape), shape.length, dtype.code(), key.handle(n), n.stream);
    n.free(from);
    n.free(to);
    return n.result(status, "uniform");
  }

  /** Standard normal. */
  public static MlxArray normal(MlxArray key, DType dtype, int... shape) {
    return normal(key, 0f, 1f, dtype, shape);
  }

  /** Normal with mean {@code loc} and standard deviation {@code scale}. */
  public static MlxArray normal(MlxArray key, float loc, float scale, DType dtype, int... shape) {
    Native n = Native.scoped();
    return n.result(
        mlx_random_normal(
            n.out,
            n.ints(0, shape),
            shape.length,
            dtype.code(),
            loc,
            scale,
            key.handle(n),
            n.stream),
        "normal");
  }

  /**
   * For each row along {@code axis} an index (uint32) drawn with the probabilities softmax(logits).
   */
  public static MlxArray categorical(MlxArray key, MlxArray logits, int axis) {
    Native n = Native.scoped();
    return n.result(
        mlx_random_categorical(n.out, logits.handle(n), axis, key.handle(n), n.stream),
        "categorical");
  }

  /** Standard Gumbel: -log(-log(u)). */
  public static MlxArray gumbel(MlxArray key, DType dtype, int... shape) {
    Native n = Native.scoped();
    return n.result(
        mlx_random_gumbel(
            n.out, n.ints(0, shape), shape.length, dtype.code(), key.handle(n), n.stream),
        "gumbel");
  }
}
