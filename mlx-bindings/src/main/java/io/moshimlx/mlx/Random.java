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
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_random_key(c.out(), seed), "key");
  }

  /** Two new keys. */
  public static MlxArray[] split(MlxArray key) {
    ThreadContext c = ThreadContext.scoped();
    int status = mlx_random_split(c.out(), c.secondOut(), key.handle(c), c.stream());
    c.check(status, "split");
    return new MlxArray[] {c.own(c.takeOut()), c.own(c.takeSecondOut())};
  }

  /** So many new keys. */
  public static MlxArray[] split(MlxArray key, int count) {
    ThreadContext c = ThreadContext.scoped();
    MlxArray keys =
        c.result(mlx_random_split_num(c.out(), key.handle(c), count, c.stream()), "split");
    MlxArray[] parts = Shapes.split(keys, count, 0);
    for (int i = 0; i < count; i++) {
      parts[i] = Shapes.squeeze(parts[i], 0);
    }
    return parts;
  }

  /** Evenly spread from {@code low} to before {@code high}. */
  public static MlxArray uniform(MlxArray key, float low, float high, DType dtype, int... shape) {
    ThreadContext c = ThreadContext.scoped();
    long from = c.arguments().scalar(low, dtype);
    long to = c.arguments().scalar(high, dtype);
    int status =
        mlx_random_uniform(
            c.out(),
            from,
            to,
            c.arguments().ints(0, shape),
            shape.length,
            dtype.code(),
            key.handle(c),
            c.stream());
    c.free(from);
    c.free(to);
    return c.result(status, "uniform");
  }

  /** Standard normal. */
  public static MlxArray normal(MlxArray key, DType dtype, int... shape) {
    return normal(key, 0f, 1f, dtype, shape);
  }

  /** Normal with mean {@code loc} and standard deviation {@code scale}. */
  public static MlxArray normal(MlxArray key, float loc, float scale, DType dtype, int... shape) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_random_normal(
            c.out(),
            c.arguments().ints(0, shape),
            shape.length,
            dtype.code(),
            loc,
            scale,
            key.handle(c),
            c.stream()),
        "normal");
  }

  /**
   * For each row along {@code axis} an index (uint32) drawn with the probabilities softmax(logits).
   */
  public static MlxArray categorical(MlxArray key, MlxArray logits, int axis) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_random_categorical(c.out(), logits.handle(c), axis, key.handle(c), c.stream()),
        "categorical");
  }

  /** Standard Gumbel: -log(-log(u)). */
  public static MlxArray gumbel(MlxArray key, DType dtype, int... shape) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_random_gumbel(
            c.out(),
            c.arguments().ints(0, shape),
            shape.length,
            dtype.code(),
            key.handle(c),
            c.stream()),
        "gumbel");
  }
}
