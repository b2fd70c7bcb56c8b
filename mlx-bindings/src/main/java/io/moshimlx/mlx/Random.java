package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_random_key;
import static io.moshimlx.mlx.c.MlxC.mlx_random_split;
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
            c.arguments().ints(shape),
            shape.length,
            dtype.code(),
            key.handle(c),
            c.stream());
    c.free(from);
    c.free(to);
    return c.result(status, "uniform");
  }
}
