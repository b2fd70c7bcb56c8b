package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_put_along_axis;
import static io.moshimlx.mlx.c.MlxC.mlx_slice;
import static io.moshimlx.mlx.c.MlxC.mlx_slice_update;
import static io.moshimlx.mlx.c.MlxC.mlx_take_axis;

/**
 * Parts of arrays, by bounds or by indices. MLX does not check indices that are themselves arrays.
 */
public final class Indexing {
  private Indexing() {}

  /**
   * The elements from {@code start} to before {@code stop} of one axis; negative bounds, and a
   * negative axis, count from the end.
   */
  public static MlxArray slice(MlxArray a, int axis, int start, int stop) {
    ThreadContext c = ThreadContext.scoped();
    return slice(c, a, c.arguments().bounds(a, axis, start, stop));
  }

  /** As {@link #slice(MlxArray, int, int, int)}, of two axes. */
  public static MlxArray slice(
      MlxArray a, int axis1, int start1, int stop1, int axis2, int start2, int stop2) {
    ThreadContext c = ThreadContext.scoped();
    int ndim = c.arguments().bounds(a, axis1, start1, stop1);
    c.arguments().narrow(a, ndim, axis2, start2, stop2);
    return slice(c, a, ndim);
  }

  /** Takes the bounds that the arguments have. */
  private static MlxArray slice(ThreadContext c, MlxArray a, int ndim) {
    Arguments bounds = c.arguments();
    return c.result(
        mlx_slice(
            c.out(),
            a.handle(c),
            bounds.starts(),
            ndim,
            bounds.stops(),
            ndim,
            bounds.ones(),
            ndim,
            c.stream()),
        "slice");
  }

  /**
   * {@code source} with {@code update} in place of the elements from {@code start} to before {@code
   * stop} of one axis. MLX writes into the memory of {@code source} if no other handle or pending
   * node holds it when this is evaluated.
   */
  public static MlxArray sliceUpdate(
      MlxArray source, MlxArray update, int axis, int start, int stop) {
    ThreadContext c = ThreadContext.scoped();
    Arguments bounds = c.arguments();
    int ndim = bounds.bounds(source, axis, start, stop);
    return c.result(
        mlx_slice_update(
            c.out(),
            source.handle(c),
            update.handle(c),
            bounds.starts(),
            ndim,
            bounds.stops(),
            ndim,
            bounds.ones(),
            ndim,
            c.stream()),
        "sliceUpdate");
  }

  /**
   * The elements at {@code indices} of {@code axis}, in whose place the shape of {@code indices}
   * comes.
   */
  public static MlxArray take(MlxArray a, MlxArray indices, int axis) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_take_axis(c.out(), a.handle(c), indices.handle(c), axis, c.stream()), "take");
  }

  /** {@code a} with {@code values} in the places that {@code indices} name along {@code axis}. */
  public static MlxArray putAlongAxis(MlxArray a, MlxArray indices, MlxArray values, int axis) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_put_along_axis(
            c.out(), a.handle(c), indices.handle(c), values.handle(c), axis, c.stream()),
        "putAlongAxis");
  }
}
