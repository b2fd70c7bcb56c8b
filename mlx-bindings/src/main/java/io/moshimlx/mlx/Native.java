package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_array_dim;
import static io.moshimlx.mlx.c.MlxC.mlx_array_free;
import static io.moshimlx.mlx.c.MlxC.mlx_array_ndim;
import static io.moshimlx.mlx.c.MlxC.mlx_array_new_data;
import static io.moshimlx.mlx.c.MlxC.mlx_async_eval;
import static io.moshimlx.mlx.c.MlxC.mlx_device_free;
import static io.moshimlx.mlx.c.MlxC.mlx_eval;
import static io.moshimlx.mlx.c.MlxC.mlx_get_default_device;
import static io.moshimlx.mlx.c.MlxC.mlx_get_default_stream;
import static io.moshimlx.mlx.c.MlxC.mlx_stream_free;
import static io.moshimlx.mlx.c.MlxC.mlx_stream_new_device;
import static io.moshimlx.mlx.c.MlxC.mlx_vector_array_free;
import static io.moshimlx.mlx.c.MlxC.mlx_vector_array_get;
import static io.moshimlx.mlx.c.MlxC.mlx_vector_array_new_data;
import static io.moshimlx.mlx.c.MlxC.mlx_vector_array_size;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * What one thread needs to call MLX: its default stream, native memory for results and arguments
 * that every call reuses, and the arrays its open scopes own. Streams and lazy arrays are
 * thread-local in MLX, hence one of these a thread.
 */
final class Native {
  private static final ThreadLocal<Native> CURRENT = ThreadLocal.withInitial(Native::new);
  private static final int MAX_RANK = 32;

  private final Thread thread = Thread.currentThread();

  /** A few kilobytes a thread, never freed: then no call spends time on keeping it alive. */
  private final Arena arena = Arena.global();

  /**
   * Where a call puts the handle it makes. Holds 0 between calls: MLX assigns to the array of a
   * handle that it finds there.
   */
  final MemorySegment out = arena.allocate(JAVA_LONG);

  /** As {@link #out}, for functions with a second result. */
  final MemorySegment out2 = arena.allocate(JAVA_LONG);

  private Optionals optionals;

  private final MemorySegment[] ints = {
    arena.allocate(JAVA_INT, MAX_RANK),
    arena.allocate(JAVA_INT, MAX_RANK),
    arena.allocate(JAVA_INT, MAX_RANK)
  };
  private final MemorySegment ones =
      arena.allocateFrom(JAVA_INT, IntStream.generate(() -> 1).limit(MAX_RANK).toArray());
  private MemorySegment scratch = arena.allocate(4096, 8);

  private final Scalars scalars = new Scalars(this);

  /** The default stream of the default device on this thread. */
  long stream;

  /** Another of the default device; 0 until it is used. */
  private long second;

  /** The innermost open scope, or null. */
  MlxScope scope;

  /** Who counts what is evaluated, or null. */
  Workload workload;

  /** Those of open scopes; past them, what recycling scopes have left. */
  private MlxArray[] owned = new MlxArray[256];

  private int ownedCount;

  private Native() {
    if (thread.isVirtual()) {
      throw new IllegalStateException(
          "MLX needs a platform thread: it keeps state in the native one");
    }
    Library.load();
    refreshStream();
  }

  static Native current() {
    return CURRENT.get();
  }

  /** The state of this thread, which must have an open scope. */
  static Native scoped() {
    Native n = CURRENT.get();
    if (n.scope == null) {
      throw new IllegalStateException("an MLX operation needs an open MlxScope on its thread");
    }
    return n;
  }

  void refreshStream() {
    long device = defaultDevice();
    int status = mlx_get_default_stream(out, device);
    mlx_device_free(device);
    if (status != 0) {
      throw noStream();
    }
    if (stream != 0) {
      mlx_stream_free(stream);
    }
    stream = takeOut();
    if (second != 0) {
      mlx_stream_free(second);
      second = 0;
    }
  }

  private static MlxException noStream() {
    MlxException reason = Errors.take("default stream");
    Device.Type device = Device.getDefault();
    return Device.isAvailable(device) ? reason : Device.unavailable(device);
  }

  /** Builds an operation on the second stream. */
  MlxArray beside(UnaryOperator<MlxArray> operation, MlxArray x) {
    if (second == 0) {
      second = newStream();
    }
    long first = stream;
    stream = second;
    try {
      return operation.apply(x);
    } finally {
      stream = first;
    }
  }

  private long newStream() {
    long device = defaultDevice();
    long made = mlx_stream_new_device(device);
    mlx_device_free(device);
    if (made == 0) {
      throw Errors.take("new stream");
    }
    return made;
  }

  /** A new handle of the default device, to be freed by the caller. */
  long defaultDevice() {
    check(mlx_get_default_device(out), "default device");
    return takeOut();
  }

  boolean isThisThread() {
    return thread == Thread.currentThread();
  }

  void requireThisThread(String what) {
    if (!isThisThread()) {
      throw new IllegalStateException(
          what + " of thread " + thread.getName() + " was used on another thread");
    }
  }

  // --- results

  /** Throws what MLX said if {@code status} tells of a failure. */
  void check(int status, String operation) {
    if (status != 0) {
      throw Errors.take(operation);
    }
  }

  /** The handle that the call just made has left in {@link #out}. */
  long takeOut() {
    return take(out);
  }

  long take(MemorySegment slot) {
    long handle = slot.get(JAVA_LONG, 0);
    slot.set(JAVA_LONG, 0, 0);
    return handle;
  }

  /** The array that the call just made has left in {@link #out}; the innermost scope's. */
  MlxArray result(int status, String operation) {
    check(status, operation);
    return own(takeOut());
  }

  /** Gives a new handle to the innermost scope. */
  MlxArray own(long handle) {
    if (ownedCount == owned.length) {
      owned = Arrays.copyOf(owned, 2 * ownedCount);
    }
    MlxArray array = owned[ownedCount];
    if (array == null) {
      array = new MlxArray(this, handle, false);
      owned[ownedCount] = array;
    } else {
      array.become(handle);
    }
    ownedCount++;
    return array;
  }

  int ownedCount() {
    return ownedCount;
  }

  void freeOwned(int base, boolean recycle) {
    for (int i = ownedCount - 1; i >= base; i--) {
      boolean retained = !owned[i].release();
      if (retained || !recycle) {
        owned[i] = null;
      }
    }
    ownedCount = base;
  }

  /** The arrays that the call just made has left in {@link #out} as a vector. */
  MlxArray[] results(int status, String operation) {
    check(status, operation);
    return results(operation);
  }

  /** As above, of a call that is known to have gone well. */
  MlxArray[] results(String operation) {
    long vector = takeOut();
    try {
      return unpack(vector, operation);
    } finally {
      mlx_vector_array_free(vector);
    }
  }

  /** As {@link #results(String)}, of a call that makes one array. */
  MlxArray onlyResult(String operation) {
    long vector = takeOut();
    try {
      long size = mlx_vector_array_size(vector);
      if (size != 1) {
        throw new IllegalStateException(operation + ": " + size + " results were taken for one");
      }
      return result(mlx_vector_array_get(out, vector, 0), operation);
    } finally {
      mlx_vector_array_free(vector);
    }
  }

  /** As {@link #results(int, String)}, of a call that makes as many arrays as {@code to} holds. */
  void results(int status, String operation, MlxArray[] to) {
    check(status, operation);
    long vector = takeOut();
    try {
      unpack(vector, operation, to);
    } finally {
      mlx_vector_array_free(vector);
    }
  }

  MlxArray[] unpack(long vector, String operation) {
    return unpack(vector, operation, new MlxArray[Math.toIntExact(mlx_vector_array_size(vector))]);
  }

  private MlxArray[] unpack(long vector, String operation, MlxArray[] arrays) {
    for (int i = 0; i < arrays.length; i++) {
      arrays[i] = result(mlx_vector_array_get(out, vector, i), operation);
    }
    return arrays;
  }

  // --- arguments

  /** Copies {@code values} into one of three slots: a shape, or one of the bounds of a slice. */
  MemorySegment ints(int slot, int... values) {
    if (values.length > MAX_RANK) {
      throw new IllegalArgumentException(
          "at most " + MAX_RANK + " dimensions, not " + values.length);
    }
    MemorySegment to = ints[slot];
    for (int i = 0; i < values.length; i++) {
      to.setAtIndex(JAVA_INT, i, values[i]);
    }
    return to;
  }

  /** As {@link #ints(int, int...)}, without an array. */
  MemorySegment ints(int slot, int first, int second, int third) {
    MemorySegment to = ints[slot];
    to.setAtIndex(JAVA_INT, 0, first);
    to.setAtIndex(JAVA_INT, 1, second);
    to.setAtIndex(JAVA_INT, 2, third);
    return to;
  }

  /** As {@link #ints(int, int...)}, without an array. */
  MemorySegment ints(int slot, int first, int second, int third, int fourth) {
    MemorySegment to = ints(slot, first, second, third);
    to.setAtIndex(JAVA_INT, 3, fourth);
    return to;
  }

  /** The slot that {@link #ints(int, int...)} last filled. */
  MemorySegment ints(int slot) {
    return ints[slot];
  }

  /** The strides of a plain slice. */
  MemorySegment ones() {
    return ones;
  }

  /**
   * Fills slots 0 and 1 with bounds that are those given on one axis and all of the others; tells
   * how many axes there are.
   */
  int bounds(MlxArray array, int axis, int start, int stop) {
    long handle = array.handle(this);
    int ndim = (int) mlx_array_ndim(handle);
    for (int i = 0; i < Math.min(ndim, MAX_RANK); i++) {
      ints[0].setAtIndex(JAVA_INT, i, 0);
      ints[1].setAtIndex(JAVA_INT, i, mlx_array_dim(handle, i));
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
    ints[0].setAtIndex(JAVA_INT, index, start);
    ints[1].setAtIndex(JAVA_INT, index, stop);
  }

  /** At least {@code bytes} bytes of memory that the next call of this method reuses. */
  MemorySegment scratch(long bytes) {
    if (scratch.byteSize() < bytes) {
      scratch = Arena.ofAuto().allocate(Math.max(bytes, 2 * scratch.byteSize()), 8);
    }
    return scratch;
  }

  /** A new vector of the arrays, to be freed by the caller. */
  long vector(MlxArray[] arrays) {
    MemorySegment handles = scratch(8L * arrays.length);
    for (int i = 0; i < arrays.length; i++) {
      handles.setAtIndex(JAVA_LONG, i, arrays[i].handle(this));
    }
    return vector(handles, arrays.length);
  }

  /** As {@link #vector(MlxArray[])}. */
  long vector(List<MlxArray> arrays) {
    MemorySegment handles = scratch(8L * arrays.size());
    for (int i = 0; i < arrays.size(); i++) {
      handles.setAtIndex(JAVA_LONG, i, arrays.get(i).handle(this));
    }
    return vector(handles, arrays.size());
  }

  /** As {@link #vector(MlxArray[])}. */
  long vector(MlxArray first, MlxArray second) {
    MemorySegment handles = scratch(2 * JAVA_LONG.byteSize());
    handles.setAtIndex(JAVA_LONG, 0, first.handle(this));
    handles.setAtIndex(JAVA_LONG, 1, second.handle(this));
    return vector(handles, 2);
  }

  /** As {@link #vector(MlxArray[])}. */
  long vector(MlxArray first, MlxArray second, MlxArray third) {
    MemorySegment handles = scratch(3 * JAVA_LONG.byteSize());
    handles.setAtIndex(JAVA_LONG, 0, first.handle(this));
    handles.setAtIndex(JAVA_LONG, 1, second.handle(this));
    handles.setAtIndex(JAVA_LONG, 2, third.handle(this));
    return vector(handles, 3);
  }

  /** A new vector of one array, to be freed by the caller. */
  long vector(long handle) {
    MemorySegment handles = scratch(JAVA_LONG.byteSize());
    handles.set(JAVA_LONG, 0, handle);
    return vector(handles, 1);
  }

  private long vector(MemorySegment handles, int size) {
    long vector = mlx_vector_array_new_data(handles, size);
    if (vector == 0) {
      throw Errors.take("vector");
    }
    return vector;
  }

  /** Evaluates the arrays of a vector, which it frees; waits for them, or only starts them. */
  void evaluate(long vector, boolean waits) {
    Workload counting = workload;
    if (counting != null) {
      counting.begin(vector);
    }
    int status = waits ? mlx_eval(vector) : mlx_async_eval(vector);
    if (counting != null) {
      counting.end(waits);
    }
    mlx_vector_array_free(vector);
    check(status, "eval");
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
    return array == null ? 0 : array.handle(this);
  }

  /** A scalar of the type of {@code like}, which belongs to the thread, not to a scope. */
  MlxArray scalarLike(float value, MlxArray like) {
    return scalars.get(value, like.dtype());
  }

  long scalarHandle(float value, DType dtype) {
    MemorySegment data = scratch(8);
    dtype.encode(value, data);
    return data(data, dtype);
  }

  /** A new handle of an array that is a copy of {@code data}. */
  long data(MemorySegment data, DType dtype, int... shape) {
    return data(data, dtype, ints(0, shape), shape.length);
  }

  /** As {@link #data}, of a vector. */
  long vectorData(MemorySegment data, DType dtype, int length) {
    MemorySegment shape = ints[0];
    shape.set(JAVA_INT, 0, length);
    return data(data, dtype, shape, 1);
  }

  private static long data(MemorySegment data, DType dtype, MemorySegment shape, int ndim) {
    long handle = mlx_array_new_data(data, shape, ndim, dtype.code());
    if (handle == 0) {
      throw Errors.take("array");
    }
    return handle;
  }

  void free(long handle) {
    mlx_array_free(handle);
  }
}
