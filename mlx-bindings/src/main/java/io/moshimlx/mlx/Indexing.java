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
    Native n = Native.scoped();
    return slice(n, a, n.ints(0, start), n.ints(1, stop), n.ones(), same(start, stop));
  }

  /**
   * As {@link #slice(MlxArray, int[], int[])}, in steps of {@code strides}, which may be negative.
   */
  public static MlxArray slice(MlxArray a, int[] start, int[] stop, int[] strides) {
    Native n = Native.scoped();
    same(start, strides);
    return slice(n, a, n.ints(0, start), n.ints(1, stop), n.ints(2, strides), same(start, stop));
  }

  /** The elements from {@code start} to before {@code stop} of one axis. */
  public static MlxArray slice(MlxArray a, int axis, int start, int stop) {
    Native n = Native.scoped();
    int ndim = n.bounds(a, axis, start, stop);
    return slice(n, a, n.ints(0), n.ints(1), n.ones(), ndim);
  }

  /** As {@link #slice(MlxArray, int, int, int)}, of two axes. */
  public static MlxArray slice(
      MlxArray a, int axis1, int start1, int stop1, int axis2, int start2, int stop2) {
    Native n = Native.scoped();
    int ndim = n.bounds(a, axis1, start1, stop1);
    n.narrow(a, ndim, axis2, start2, stop2);
    return slice(n, a, n.ints(0), n.ints(1), n.ones(), ndim);
  }

  private static MlxArray slice(
      Native n,
      MlxArray a,
      MemorySegment start,
      MemorySegment stop,
      MemorySegment strides,
      int ndim) {
    return n.result(
        mlx_slice(n.out, a.handle(n), start, ndim, stop, ndim, strides, ndim, n.stream), "slice");
  }

  /**
   * {@code source} with {@code update} in place of the elements from {@code start} to before {@code
   * stop}, of every axis. MLX writes into the memory of {@code source} if no other handle or
   * pending node holds it when this is evaluated.
   */
  public static MlxArray sliceUpdate(MlxArray source, MlxArray update, int[] start, int[] stop) {
    Native n = Native.scoped();
    return sliceUpdate(n, source, update, n.ints(0, start), n.ints(1, stop), same(start, stop));
  }

  /** As {@link #sliceUpdate(MlxArray, MlxArray, int[], int[])}, with bounds of one axis. */
  public static MlxArray sliceUpdate(
      MlxArray source, MlxArray update, int axis, int start, int stop) {
    Native n = Native.scoped();
    int ndim = n.bounds(source, axis, start, stop);
    return sliceUpdate(n, source, update, n.ints(0), n.ints(1), ndim);
  }

  private static MlxArray sliceUpdate(
      Native n,
      MlxArray source,
      MlxArray update,
      MemorySegment start,
      MemorySegment stop,
      int ndim) {
    return n.result(
        mlx_slice_update(
            n.out,
            source.handle(n),
            update.handle(n),
            start,
            ndim,
            stop,
            ndim,
            n.ones(),
            ndim,
            n.stream),
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
    Native n = Native.scoped();
    return n.result(
        mlx_slice_dynamic(
            n.out,
            a.handle(n),
            start.handle(n),
            n.ints(0, axes),
            axes.length,
            n.ints(1, sizes),
            sizes.length,
            n.stream),
        "sliceDynamic");
  }

  /** {@code source} with {@code update} at the integer vector {@code start} of the given axes. */
  public static MlxArray sliceUpdateDynamic(
      MlxArray source, MlxArray update, MlxArray start, int... axes) {
    Native n = Native.scoped();
    return n.result(
        mlx_slice_update_dynamic(
            n.out,
            source.handle(n),
            update.handle(n),
            start.handle(n),
            n.ints(0, axes),
            axes.length,
            n.stream),
        "sliceUpdateDynamic");
  }

  /**
   * The elements at {@code indices} of {@code axis}, in whose place the shape of {@code indices}
   * comes.
   */
  public static MlxArray take(MlxArray a, MlxArray indices, int axis) {
    Native n = Native.scoped();
    return n.result(mlx_take_axis(n.out, a.handle(n), indices.handle(n), axis, n.stream), "take");
  }

  /** For each place of {@code indices}, the element that it names along {@code axis}. */
  public static MlxArray takeAlongAxis(MlxArray a, MlxArray indices, int axis) {
    Native n = Native.scoped();
    return n.result(
        mlx_take_along_axis(n.out, a.handle(n), indices.handle(n), axis, n.stream),
        "takeAlongAxis");
  }

  /** {@code a} with {@code values} in the places that {@code indices} name along {@code axis}. */
  public static MlxArray putAlongAxis(MlxArray a, MlxArray indices, MlxArray values, int axis) {
    Native n = Native.scoped();
    return n.result(
        mlx_put_along_axis(n.out, a.handle(n), indices.handle(n), values.handle(n), axis, n.stream),
        "putAlongAxis");
  }
}
