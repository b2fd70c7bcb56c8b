package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_array_dim;
import static io.moshimlx.mlx.c.MlxC.mlx_array_ndim;
import static io.moshimlx.mlx.c.MlxC.mlx_array_new_data;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;

/** Native memory for the arguments of one thread's calls, which every call reuses. */
final class Arguments {
  private static final int MAX_RANK = 32;

  private final ThreadContext context;

  /** A few kilobytes a thread, never freed: then no call spends time on keeping it alive. */
  private final Arena arena = Arena.global();

  private final MemorySegment ints = arena.allocate(JAVA_INT, MAX_RANK);
  private final MemorySegment starts = arena.allocate(JAVA_INT, MAX_RANK);
  private final MemorySegment stops = arena.allocate(JAVA_INT, MAX_RANK);
  private final MemorySegment ones =
      arena.allocateFrom(JAVA_INT, IntStream.generate(() -> 1).limit(MAX_RANK).toArray());
  private final MemorySegment small = arena.allocate(4096, 8);

  /** For what does not fit into the small one; freed only when a larger one takes its place. */
  private MemorySegment large = MemorySegment.NULL;

  private Arena largeArena = Arena.ofConfined();
  private Optionals optionals;

  Arguments(ThreadContext context) {
    this.context = context;
  }

  /** Copies {@code values}, such as a shape. */
  MemorySegment ints(int... values) {
    if (values.length > MAX_RANK) {
      throw new IllegalArgumentException(
          "at most " + MAX_RANK + " dimensions, not " + values.length);
    }
    for (int i = 0; i < values.length; i++) {
      ints.setAtIndex(JAVA_INT, i, values[i]);
    }
    return ints;
  }

  /** Copies one value, without an array. */
  MemorySegment ints(int only) {
    ints.set(JAVA_INT, 0, only);
    return ints;
  }

  /** Copies three values, without an array. */
  MemorySegment ints(int first, int second, int third) {
    ints.setAtIndex(JAVA_INT, 0, first);
    ints.setAtIndex(JAVA_INT, 1, second);
    ints.setAtIndex(JAVA_INT, 2, third);
    return ints;
  }

  /** Copies four values, without an array. */
  MemorySegment ints(int first, int second, int third, int fourth) {
    ints(first, second, third);
    ints.setAtIndex(JAVA_INT, 3, fourth);
    return ints;
  }

  /** The starts of the bounds that {@link #bounds} has filled in. */
  MemorySegment starts() {
    return starts;
  }

  /** The stops of the bounds that {@link #bounds} has filled in. */
  MemorySegment stops() {
    return stops;
  }

  /** The strides of a plain slice. */
  MemorySegment ones() {
    return ones;
  }

  /**
   * Fills {@link #starts} and {@link #stops} with bounds that are those given on one axis and all
   * of the others.
   *
   * @return how many axes there are
   */
  int bounds(MlxArray array, int axis, int start, int stop) {
    long handle = array.handle(context);
    int ndim = (int) mlx_array_ndim(handle);
    for (int i = 0; i < Math.min(ndim, MAX_RANK); i++) {
      starts.setAtIndex(JAVA_INT, i, 0);
      stops.setAtIndex(JAVA_INT, i, mlx_array_dim(handle, i));
    }
    narrow(array, ndim, axis, start, stop);
    return ndim;
  }

  /** Sets, of the bounds that {@link #bounds} has filled in, those of one more axis. */
  void narrow(MlxArray array, int ndim, int axis, int start, int stop) {
    int index = axis < 0 ? axis + ndim : axis;
    if (index < 0 || index >= ndim || ndim > MAX_RANK) {
      throw new IllegalArgumentException("axis " + axis + " of " + array);
    }
    starts.setAtIndex(JAVA_INT, index, start);
    stops.setAtIndex(JAVA_INT, index, stop);
  }

  /** At least {@code bytes} bytes of memory that the next call of this method reuses. */
  MemorySegment scratch(long bytes) {
    return bytes <= small.byteSize() ? small : large(bytes);
  }

  @SuppressWarnings("MustBeClosedChecker") // the next one closes it
  private MemorySegment large(long bytes) {
    if (large.byteSize() < bytes) {
      long size = Math.max(bytes, 2 * large.byteSize());
      large = MemorySegment.NULL;
      largeArena.close();
      largeArena = Arena.ofConfined();
      large = largeArena.allocate(size, 8);
    }
    return large;
  }

  /** Made when they are first asked for, which a short program never does. */
  Optionals optionals() {
    if (optionals == null) {
      optionals = new Optionals(arena);
    }
    return optionals;
  }

  /** The handle of an argument that may be left out. */
  long orNull(MlxArray array) {
    return array == null ? 0 : array.handle(context);
  }

  /** A new handle of an array without dimensions. */
  long scalar(float value, DType dtype) {
    MemorySegment data = scratch(8);
    dtype.encode(value, data);
    return array(data, dtype);
  }

  /** A new handle of a vector that is a copy of {@code data}. */
  long vector(MemorySegment data, DType dtype, int length) {
    return array(data, dtype, ints(length), 1);
  }

  /** A new handle of an array that is a copy of {@code data}. */
  long array(MemorySegment data, DType dtype, int... shape) {
    return array(data, dtype, ints(shape), shape.length);
  }

  private static long array(MemorySegment data, DType dtype, MemorySegment shape, int ndim) {
    long handle = mlx_array_new_data(data, shape, ndim, dtype.code());
    if (handle == 0) {
      throw Errors.take("array");
    }
    return handle;
  }
}
