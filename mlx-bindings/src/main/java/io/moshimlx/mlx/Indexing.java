package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_put_along_axis;
import static io.moshimlx.mlx.c.MlxC.mlx_slice;
import static io.moshimlx.mlx.c.MlxC.mlx_slice_dynamic;
import static io.moshimlx.mlx.c.MlxC.mlx_slice_update;
import static io.moshimlx.mlx.c.MlxC.mlx_slice_update_dynamic;
import static io.moshimlx.mlx.c.MlxC.mlx_take_along_axis;
import static io.moshimlx.mlx.c.MlxC.mlx_take_axis;

import java.lang.foreign.MemorySegment;

/**
 * Parts of arrays, by bounds or by indices. MLX does not check indices that are themselves arrays.
 */
public final class Indexing {
  private Indexing() {}

  /**
   * The elements from {@code start} to before {@code stop}, of every axis; negative bounds count
   * from the end.
   */
  public static MlxArray slice(MlxArray a, int[] start, int[] stop) {
    ThreadContext c = ThreadContext.scoped();
    return slice(
        c,
        a,
        c.arguments().ints(0, start),
        c.arguments().ints(1, stop),
        c.arguments().ones(),
        same(start, stop));
  }

  /**
   * As {@link #slice(MlxArray, int[], int[])}, in steps of {@code strides}, which may be negative.
   */
  public static MlxArray slice(MlxArray a, int[] start, int[] stop, int[] strides) {
    ThreadContext c = ThreadContext.scoped();
    same(start, strides);
    return slice(
        c,
        a,
        c.arguments().ints(0, start),
        c.arguments().ints(1, stop),
        c.arguments().ints(2, strides),
        same(start, stop));
  }

  /** The elements from {@code start} to before {@code stop} of one axis. */
  public static MlxArray slice(MlxArray a, int axis, int start, int stop) {
    ThreadContext c = ThreadContext.scoped();
    int ndim = c.arguments().bounds(a, axis, start, stop);
    return slice(c, a, c.arguments().ints(0), c.arguments().ints(1), c.arguments().ones(), ndim);
  }

  /** As {@link #slice(MlxArray, int, int, int)}, of two axes. */
  public static MlxArray slice(
      MlxArray a, int axis1, int start1, int stop1, int axis2, int start2, int stop2) {
    ThreadContext c = ThreadContext.scoped();
    int ndim = c.arguments().bounds(a, axis1, start1, stop1);
    c.arguments().narrow(a, ndim, axis2, start2, stop2);
    return slice(c, a, c.arguments().ints(0), c.arguments().ints(1), c.arguments().ones(), ndim);
  }

  private static MlxArray slice(
      ThreadContext c,
      MlxArray a,
      MemorySegment start,
      MemorySegment stop,
      MemorySegment strides,
      int ndim) {
    return c.result(
        mlx_slice(c.out(), a.handle(c), start, ndim, stop, ndim, strides, ndim, c.stream()),
        "slice");
  }

  /**
   * {@code source} with {@code update} in place of the elements from {@code start} to before {@code
   * stop}, of every axis. MLX writes into the memory of {@code source} if no other handle or
   * pending node holds it when this is evaluated.
   */
  public static MlxArray sliceUpdate(MlxArray source, MlxArray update, int[] start, int[] stop) {
    ThreadContext c = ThreadContext.scoped();
    return sliceUpdate(
        c,
        source,
        update,
        c.arguments().ints(0, start),
        c.arguments().ints(1, stop),
        same(start, stop));
  }

  /** As {@link #sliceUpdate(MlxArray, MlxArray, int[], int[])}, with bounds of one axis. */
  public static MlxArray sliceUpdate(
      MlxArray source, MlxArray update, int axis, int start, int stop) {
    ThreadContext c = ThreadContext.scoped();
    int ndim = c.arguments().bounds(source, axis, start, stop);
    return sliceUpdate(c, source, update, c.arguments().ints(0), c.arguments().ints(1), ndim);
  }

  private static MlxArray sliceUpdate(
      ThreadContext c,
      MlxArray source,
      MlxArray update,
      MemorySegment start,
      MemorySegment stop,
      int ndim) {
    return c.result(
        mlx_slice_update(
            c.out(),
            source.handle(c),
            update.handle(c),
            start,
            ndim,
            stop,
            ndim,
            c.arguments().ones(),
            ndim,
            c.stream()),
        "sliceUpdate");
  }

  private static int same(int[] start, int[] other) {
    if (start.length != other.length) {
      throw new IllegalArgumentException(
          "bounds of " + start.length + " and of " + other.length + " dimensions");
    }
    return start.length;
  }

  /**
   * The slice of {@code sizes} (of every axis) that begins at the integer vector {@code start} of
   * the given axes.
   */
  public static MlxArray sliceDynamic(MlxArray a, MlxArray start, int[] axes, int[] sizes) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_slice_dynamic(
            c.out(),
            a.handle(c),
            start.handle(c),
            c.arguments().ints(0, axes),
            axes.length,
            c.arguments().ints(1, sizes),
            sizes.length,
            c.stream()),
        "sliceDynamic");
  }

  /** {@code source} with {@code update} at the integer vector {@code start} of the given axes. */
  public static MlxArray sliceUpdateDynamic(
      MlxArray source, MlxArray update, MlxArray start, int... axes) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_slice_update_dynamic(
            c.out(),
            source.handle(c),
            update.handle(c),
            start.handle(c),
            c.arguments().ints(0, axes),
            axes.length,
            c.stream()),
        "sliceUpdateDynamic");
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

  /** For each place of {@code indices}, the element that it names along {@code axis}. */
  public static MlxArray takeAlongAxis(MlxArray a, MlxArray indices, int axis) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_take_along_axis(c.out(), a.handle(c), indices.handle(c), axis, c.stream()),
        "takeAlongAxis");
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
