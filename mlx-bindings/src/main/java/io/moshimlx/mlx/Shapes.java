package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_broadcast_to;
import static io.moshimlx.mlx.c.MlxC.mlx_concatenate_axis;
import static io.moshimlx.mlx.c.MlxC.mlx_contiguous;
import static io.moshimlx.mlx.c.MlxC.mlx_expand_dims;
import static io.moshimlx.mlx.c.MlxC.mlx_flatten;
import static io.moshimlx.mlx.c.MlxC.mlx_repeat_axis;
import static io.moshimlx.mlx.c.MlxC.mlx_reshape;
import static io.moshimlx.mlx.c.MlxC.mlx_split;
import static io.moshimlx.mlx.c.MlxC.mlx_split_sections;
import static io.moshimlx.mlx.c.MlxC.mlx_squeeze_axis;
import static io.moshimlx.mlx.c.MlxC.mlx_stack_axis;
import static io.moshimlx.mlx.c.MlxC.mlx_swapaxes;
import static io.moshimlx.mlx.c.MlxC.mlx_transpose;
import static io.moshimlx.mlx.c.MlxC.mlx_transpose_axes;
import static io.moshimlx.mlx.c.MlxC.mlx_vector_array_free;
import static io.moshimlx.mlx.c.MlxC.mlx_view;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** The same elements in another arrangement. A negative axis counts from the end. */
public final class Shapes {
  private Shapes() {}

  /** The same elements in row-major order in another shape; one dimension may be -1. */
  public static MlxArray reshape(MlxArray a, int... shape) {
    Native n = Native.scoped();
    return n.result(
        mlx_reshape(n.out, a.handle(n), n.ints(0, shape), shape.length, n.stream), "reshape");
  }

  /** As {@link #reshape(MlxArray, int...)}, without an array. */
  public static MlxArray reshape(MlxArray a, int first, int second, int third) {
    Native n = Native.scoped();
    return n.result(
        mlx_reshape(n.out, a.handle(n), n.ints(0, first, second, third), 3, n.stream), "reshape");
  }

  /** As {@link #reshape(MlxArray, int...)}, without an array. */
  public static MlxArray reshape(MlxArray a, int first, int second, int third, int fourth) {
    Native n = Native.scoped();
    return n.result(
        mlx_reshape(n.out, a.handle(n), n.ints(0, first, second, third, fourth), 4, n.stream),
        "reshape");
  }

  /** Reverses the axes. */
  public static MlxArray transpose(MlxArray a) {
    Native n = Native.scoped();
    return n.result(mlx_transpose(n.out, a.handle(n), n.stream), "transpose");
  }

  /** Axis {@code i} of the result is {@code axes[i]} of {@code a}. */
  public static MlxArray transpose(MlxArray a, int... axes) {
    Native n = Native.scoped();
    return n.result(
        mlx_transpose_axes(n.out, a.handle(n), n.ints(0, axes), axes.length, n.stream),
        "transpose");
  }

  public static MlxArray swapaxes(MlxArray a, int axis1, int axis2) {
    Native n = Native.scoped();
    return n.result(mlx_swapaxes(n.out, a.handle(n), axis1, axis2, n.stream), "swapaxes");
  }

  /** Puts an axis of length 1 at {@code axis} of the result. */
  public static MlxArray expandDims(MlxArray a, int axis) {
    Native n = Native.scoped();
    return n.result(mlx_expand_dims(n.out, a.handle(n), axis, n.stream), "expandDims");
  }

  /** Removes {@code axis}, whose length must be 1. */
  public static MlxArray squeeze(MlxArray a, int axis) {
    Native n = Native.scoped();
    return n.result(mlx_squeeze_axis(n.out, a.handle(n), axis, n.stream), "squeeze");
  }

  /**
   * The same bytes as elements of another type. The last axis becomes longer or shorter by the
   * ratio of their sizes.
   */
  public static MlxArray view(MlxArray a, DType dtype) {
    Native n = Native.scoped();
    return n.result(mlx_view(n.out, a.handle(n), dtype.code(), n.stream), "view");
  }

  public static MlxArray broadcastTo(MlxArray a, int... shape) {
    Native n = Native.scoped();
    return n.result(
        mlx_broadcast_to(n.out, a.handle(n), n.ints(0, shape), shape.length, n.stream),
        "broadcastTo");
  }

  /** All elements as a vector in row-major order. */
  public static MlxArray flatten(MlxArray a) {
    return flatten(a, 0, -1);
  }

  /** Makes one axis of those from {@code startAxis} to {@code endAxis}, both included. */
  public static MlxArray flatten(MlxArray a, int startAxis, int endAxis) {
    Native n = Native.scoped();
    return n.result(mlx_flatten(n.out, a.handle(n), startAxis, endAxis, n.stream), "flatten");
  }

  /** Joins the arrays along an existing axis. */
  public static MlxArray concatenate(int axis, MlxArray... arrays) {
    Native n = Native.scoped();
    return concatenate(n, n.vector(arrays), axis);
  }

  /** As {@link #concatenate(int, MlxArray...)}, without an array. */
  public static MlxArray concatenate(int axis, MlxArray first, MlxArray second) {
    Native n = Native.scoped();
    return concatenate(n, n.vector(first, second), axis);
  }

  /** As {@link #concatenate(int, MlxArray...)}. */
  public static MlxArray concatenate(int axis, List<MlxArray> arrays) {
    Native n = Native.scoped();
    return concatenate(n, n.vector(arrays), axis);
  }

  private static MlxArray concatenate(Native n, long vector, int axis) {
    int status = mlx_concatenate_axis(n.out, vector, axis, n.stream);
    mlx_vector_array_free(vector);
    return n.result(status, "concatenate");
  }

  /** Joins the arrays along a new axis. */
  public static MlxArray stack(int axis, MlxArray... arrays) {
    Native n = Native.scoped();
    return stack(n, n.vector(arrays), axis);
  }

  /** As {@link #stack(int, MlxArray...)}. */
  public static MlxArray stack(int axis, List<MlxArray> arrays) {
    Native n = Native.scoped();
    return stack(n, n.vector(arrays), axis);
  }

  private static MlxArray stack(Native n, long vector, int axis) {
    int status = mlx_stack_axis(n.out, vector, axis, n.stream);
    mlx_vector_array_free(vector);
    return n.result(status, "stack");
  }

  /** Cuts {@code axis} into so many equal parts. */
  public static MlxArray[] split(MlxArray a, int parts, int axis) {
    Native n = Native.scoped();
    return n.results(mlx_split(n.out, a.handle(n), parts, axis, n.stream), "split");
  }

  /** Cuts {@code axis} before each of the ascending indices. */
  public static MlxArray[] splitAt(MlxArray a, int axis, int... indices) {
    Native n = Native.scoped();
    return n.results(
        mlx_split_sections(n.out, a.handle(n), n.ints(0, indices), indices.length, axis, n.stream),
        "splitAt");
  }

  /** Cuts {@code axis} in two before {@code index}, without an array but {@code parts}, of two. */
  public static void splitAt(MlxArray a, int axis, int index, MlxArray[] parts) {
    Native n = Native.scoped();
    MemorySegment indices = n.ints(0, index, 0, 0);
    n.results(mlx_split_sections(n.out, a.handle(n), indices, 1, axis, n.stream), "splitAt", parts);
  }

  /** The same elements, laid out in row-major order. */
  public static MlxArray contiguous(MlxArray a) {
    Native n = Native.scoped();
    return n.result(mlx_contiguous(n.out, a.handle(n), false, n.stream), "contiguous");
  }

  /** Repeats each element {@code times} times along {@code axis}. */
  public static MlxArray repeat(MlxArray a, int times, int axis) {
    Native n = Native.scoped();
    return n.result(mlx_repeat_axis(n.out, a.handle(n), times, axis, n.stream), "repeat");
  }
}
