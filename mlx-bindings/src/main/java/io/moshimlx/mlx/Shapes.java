package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_broadcast_to;
import static io.moshimlx.mlx.c.MlxC.mlx_concatenate_axis;
import static io.moshimlx.mlx.c.MlxC.mlx_contiguous;
import static io.moshimlx.mlx.c.MlxC.mlx_expand_dims;
import static io.moshimlx.mlx.c.MlxC.mlx_flatten;
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
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_reshape(c.out(), a.handle(c), c.arguments().ints(shape), shape.length, c.stream()),
        "reshape");
  }

  /** As {@link #reshape(MlxArray, int...)}, without an array. */
  public static MlxArray reshape(MlxArray a, int first, int second, int third) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_reshape(c.out(), a.handle(c), c.arguments().ints(first, second, third), 3, c.stream()),
        "reshape");
  }

  /** As {@link #reshape(MlxArray, int...)}, without an array. */
  public static MlxArray reshape(MlxArray a, int first, int second, int third, int fourth) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_reshape(
            c.out(), a.handle(c), c.arguments().ints(first, second, third, fourth), 4, c.stream()),
        "reshape");
  }

  /** Reverses the axes. */
  public static MlxArray transpose(MlxArray a) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_transpose(c.out(), a.handle(c), c.stream()), "transpose");
  }

  /** Axis {@code i} of the result is {@code axes[i]} of {@code a}. */
  public static MlxArray transpose(MlxArray a, int... axes) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_transpose_axes(c.out(), a.handle(c), c.arguments().ints(axes), axes.length, c.stream()),
        "transpose");
  }

  public static MlxArray swapaxes(MlxArray a, int axis1, int axis2) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_swapaxes(c.out(), a.handle(c), axis1, axis2, c.stream()), "swapaxes");
  }

  /** Puts an axis of length 1 at {@code axis} of the result. */
  public static MlxArray expandDims(MlxArray a, int axis) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_expand_dims(c.out(), a.handle(c), axis, c.stream()), "expandDims");
  }

  /** Removes {@code axis}, whose length must be 1. */
  public static MlxArray squeeze(MlxArray a, int axis) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_squeeze_axis(c.out(), a.handle(c), axis, c.stream()), "squeeze");
  }

  /**
   * The same bytes as elements of another type. The last axis becomes longer or shorter by the
   * ratio of their sizes.
   */
  public static MlxArray view(MlxArray a, DType dtype) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_view(c.out(), a.handle(c), dtype.code(), c.stream()), "view");
  }

  public static MlxArray broadcastTo(MlxArray a, int... shape) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_broadcast_to(c.out(), a.handle(c), c.arguments().ints(shape), shape.length, c.stream()),
        "broadcastTo");
  }

  /** All elements as a vector in row-major order. */
  public static MlxArray flatten(MlxArray a) {
    return flatten(a, 0, -1);
  }

  /** Makes one axis of those from {@code startAxis} to {@code endAxis}, both included. */
  public static MlxArray flatten(MlxArray a, int startAxis, int endAxis) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_flatten(c.out(), a.handle(c), startAxis, endAxis, c.stream()), "flatten");
  }

  /** Joins the arrays along an existing axis. */
  public static MlxArray concatenate(int axis, MlxArray... arrays) {
    ThreadContext c = ThreadContext.scoped();
    return concatenate(c, c.vectors().of(arrays), axis);
  }

  /** As {@link #concatenate(int, MlxArray...)}, without an array. */
  public static MlxArray concatenate(int axis, MlxArray first, MlxArray second) {
    ThreadContext c = ThreadContext.scoped();
    return concatenate(c, c.vectors().of(first, second), axis);
  }

  /** As {@link #concatenate(int, MlxArray...)}. */
  public static MlxArray concatenate(int axis, List<MlxArray> arrays) {
    ThreadContext c = ThreadContext.scoped();
    return concatenate(c, c.vectors().of(arrays), axis);
  }

  private static MlxArray concatenate(ThreadContext c, long vector, int axis) {
    int status = mlx_concatenate_axis(c.out(), vector, axis, c.stream());
    mlx_vector_array_free(vector);
    return c.result(status, "concatenate");
  }

  /** Joins the arrays along a new axis. */
  public static MlxArray stack(int axis, MlxArray... arrays) {
    ThreadContext c = ThreadContext.scoped();
    long vector = c.vectors().of(arrays);
    int status = mlx_stack_axis(c.out(), vector, axis, c.stream());
    mlx_vector_array_free(vector);
    return c.result(status, "stack");
  }

  /** Cuts {@code axis} into so many equal parts. */
  public static MlxArray[] split(MlxArray a, int parts, int axis) {
    ThreadContext c = ThreadContext.scoped();
    return c.vectors().results(mlx_split(c.out(), a.handle(c), parts, axis, c.stream()), "split");
  }

  /** Cuts {@code axis} before each of the ascending indices. */
  public static MlxArray[] splitAt(MlxArray a, int axis, int... indices) {
    ThreadContext c = ThreadContext.scoped();
    return c.vectors()
        .results(
            mlx_split_sections(
                c.out(),
                a.handle(c),
                c.arguments().ints(indices),
                indices.length,
                axis,
                c.stream()),
            "splitAt");
  }

  /** Cuts {@code axis} in two before {@code index}, without an array but {@code parts}, of two. */
  public static void splitAt(MlxArray a, int axis, int index, MlxArray[] parts) {
    ThreadContext c = ThreadContext.scoped();
    MemorySegment indices = c.arguments().ints(index, 0, 0);
    c.vectors()
        .results(
            mlx_split_sections(c.out(), a.handle(c), indices, 1, axis, c.stream()),
            "splitAt",
            parts);
  }

  /** The same elements, laid out in row-major order. */
  public static MlxArray contiguous(MlxArray a) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_contiguous(c.out(), a.handle(c), false, c.stream()), "contiguous");
  }
}
