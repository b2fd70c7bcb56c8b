package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC._mlx_array_is_row_contiguous;
import static io.moshimlx.mlx.c.MlxC.mlx_array_data_float32;
import static io.moshimlx.mlx.c.MlxC.mlx_array_data_int32;
import static io.moshimlx.mlx.c.MlxC.mlx_array_dim;
import static io.moshimlx.mlx.c.MlxC.mlx_array_dtype;
import static io.moshimlx.mlx.c.MlxC.mlx_array_nbytes;
import static io.moshimlx.mlx.c.MlxC.mlx_array_ndim;
import static io.moshimlx.mlx.c.MlxC.mlx_array_size;
import static io.moshimlx.mlx.c.MlxC.mlx_astype;
import static io.moshimlx.mlx.c.MlxC.mlx_contiguous;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A handle of a lazy array. It belongs to the innermost {@link MlxScope} that was open when it was
 * made, and to the thread that made it: use after it was closed, and use on another thread, throw
 * {@link IllegalStateException}.
 */
public final class MlxArray implements AutoCloseable {
  private final ThreadContext owner;
  private long handle;
  private boolean retained;

  MlxArray(ThreadContext owner, long handle, boolean retained) {
    this.owner = owner;
    this.handle = handle;
    this.retained = retained;
  }

  /** A float32 vector of one element. */
  public static MlxArray of(float value) {
    ThreadContext c = ThreadContext.scoped();
    MemorySegment data = c.arguments().scratch(4);
    data.set(JAVA_FLOAT, 0, value);
    return c.own(c.arguments().vector(data, DType.FLOAT32, 1));
  }

  /** A float32 vector. */
  public static MlxArray of(float... values) {
    return of(values, values.length);
  }

  /** A float32 array of {@code values} in row-major order. */
  public static MlxArray of(float[] values, int... shape) {
    requireElements(values.length, shape);
    ThreadContext c = ThreadContext.scoped();
    MemorySegment data = c.arguments().scratch(4L * values.length);
    MemorySegment.copy(values, 0, data, JAVA_FLOAT, 0, values.length);
    return c.own(c.arguments().array(data, DType.FLOAT32, shape));
  }

  /** An int32 array of {@code values} in row-major order. */
  public static MlxArray of(int[] values, int... shape) {
    return ofInts(values, DType.INT32, shape);
  }

  /** A uint32 array of {@code values}, taken as unsigned, in row-major order. */
  public static MlxArray ofUint32(int[] values, int... shape) {
    return ofInts(values, DType.UINT32, shape);
  }

  /** A float32 array without dimensions. */
  public static MlxArray scalar(float value) {
    ThreadContext c = ThreadContext.scoped();
    return c.own(c.arguments().scalar(value, DType.FLOAT32));
  }

  /** An int32 array without dimensions. */
  public static MlxArray scalar(int value) {
    ThreadContext c = ThreadContext.scoped();
    MemorySegment data = c.arguments().scratch(4);
    data.set(JAVA_INT, 0, value);
    return c.own(c.arguments().array(data, DType.INT32));
  }

  private static MlxArray ofInts(int[] values, DType dtype, int... shape) {
    requireElements(values.length, shape);
    ThreadContext c = ThreadContext.scoped();
    MemorySegment data = c.arguments().scratch(4L * values.length);
    MemorySegment.copy(values, 0, data, JAVA_INT, 0, values.length);
    return c.own(c.arguments().array(data, dtype, shape));
  }

  private static void requireElements(int length, int... shape) {
    long size = 1;
    for (int dim : shape) {
      size = dim < 0 ? -1 : Math.multiplyExact(size, (long) dim);
      if (size < 0) {
        break;
      }
    }
    if (size != length) {
      throw new IllegalArgumentException(
          length + " values do not fill the shape " + Arrays.toString(shape));
    }
  }

  public int[] shape() {
    long h = handle();
    int[] shape = new int[(int) mlx_array_ndim(h)];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = mlx_array_dim(h, i);
    }
    return shape;
  }

  /** The length along {@code axis}; a negative one counts from the end. */
  public int dim(int axis) {
    int ndim = ndim();
    int index = axis < 0 ? axis + ndim : axis;
    if (index < 0 || index >= ndim) {
      throw new IllegalArgumentException("axis " + axis + " of " + this);
    }
    return mlx_array_dim(handle, index);
  }

  public int ndim() {
    return (int) mlx_array_ndim(handle());
  }

  /** The number of elements. */
  public long size() {
    return mlx_array_size(handle());
  }

  public long nbytes() {
    return mlx_array_nbytes(handle());
  }

  public DType dtype() {
    return DType.of(mlx_array_dtype(handle()));
  }

  /** Evaluates and reads all elements in row-major order, cast to float32. For any real type. */
  public float[] toFloats() {
    if (dtype() == DType.COMPLEX64) {
      throw new IllegalStateException("toFloats() of " + this);
    }
    float[] values = new float[Math.toIntExact(size())];
    long readable = readable(DType.FLOAT32);
    if (values.length > 0) {
      MemorySegment data = mlx_array_data_float32(readable).reinterpret(4L * values.length);
      MemorySegment.copy(data, JAVA_FLOAT, 0, values, 0, values.length);
    }
    freeCopy(readable);
    return values;
  }

  /**
   * Evaluates and reads all elements in row-major order, cast to 32 bits. For integer types and
   * {@link DType#BOOL}; the others throw {@link IllegalStateException}.
   */
  public int[] toInts() {
    requireInteger("toInts()");
    int[] values = new int[Math.toIntExact(size())];
    long readable = readable(intType());
    if (values.length > 0) {
      MemorySegment data = mlx_array_data_int32(readable).reinterpret(4L * values.length);
      MemorySegment.copy(data, JAVA_INT, 0, values, 0, values.length);
    }
    freeCopy(readable);
    return values;
  }

  /** Evaluates and reads the only element, as {@link #toFloats} does. */
  public float itemFloat() {
    requireOne();
    long readable = readable(DType.FLOAT32);
    float value = mlx_array_data_float32(readable).reinterpret(4).get(JAVA_FLOAT, 0);
    freeCopy(readable);
    return value;
  }

  /** Evaluates and reads the only element, as {@link #toInts} does. */
  public int itemInt() {
    requireInteger("itemInt()");
    requireOne();
    long readable = readable(intType());
    int value = mlx_array_data_int32(readable).reinterpret(4).get(JAVA_INT, 0);
    freeCopy(readable);
    return value;
  }

  /** Takes an array's elements, which are there during the call only. */
  @FunctionalInterface
  interface BytesReader {
    void read(MemorySegment bytes) throws IOException;
  }

  /** Evaluates and gives all elements as they are, in row-major order. */
  void readBytes(BytesReader reader) throws IOException {
    long bytes = nbytes();
    long readable = readable(dtype());
    try {
      // A pointer to the elements of whatever type: mlx-c converts nothing.
      reader.read(
          bytes == 0 ? MemorySegment.NULL : mlx_array_data_int32(readable).reinterpret(bytes));
    } finally {
      freeCopy(readable);
    }
  }

  /** Takes the array out of its scope: the caller owns it now, and must close it. */
  public MlxArray retain() {
    handle();
    retained = true;
    return this;
  }

  /** Frees the handle. Idempotent. */
  @Override
  public void close() {
    if (handle != 0) {
      owner.requireThisThread("an MlxArray");
      free();
    }
  }

  /** The type and shape; never evaluates. */
  @Override
  public String toString() {
    if (handle == 0) {
      return "closed MlxArray";
    }
    if (!owner.isThisThread()) {
      return "MlxArray of another thread";
    }
    return dtype() + Arrays.toString(shape());
  }

  /** The native handle, for use by the thread whose context is {@code c}. */
  long handle(ThreadContext c) {
    if (handle == 0) {
      throw new IllegalStateException(
          "an MlxArray was used after it, or the scope it belonged to, was closed");
    }
    if (c != owner) {
      owner.requireThisThread("an MlxArray");
    }
    return handle;
  }

  private long handle() {
    owner.requireThisThread("an MlxArray");
    return handle(owner);
  }

  /**
   * Becomes {@code next}, which must be this thread's and is closed: what was here is freed.
   * Whoever holds this array then has the new one.
   */
  public void replace(MlxArray next) {
    long h = next.handle(owner);
    if (next == this) {
      return;
    }
    close();
    handle = h;
    next.handle = 0;
  }

  /**
   * Frees the handle at the end of its scope, unless the array was retained.
   *
   * @return whether it was not
   */
  boolean release() {
    if (!retained && handle != 0) {
      free();
    }
    return !retained;
  }

  /** Makes another array of one that was released, in place of a new object. */
  void become(long newHandle) {
    handle = newHandle;
  }

  private void free() {
    owner.free(handle);
    handle = 0;
  }

  private void requireInteger(String what) {
    if (!dtype().isInteger()) {
      throw new IllegalStateException(what + " of " + this);
    }
  }

  /** What this array is read as where Java wants an int: uint32 has the same bits. */
  private DType intType() {
    return dtype() == DType.UINT32 ? DType.UINT32 : DType.INT32;
  }

  private void requireOne() {
    if (size() != 1) {
      throw new IllegalStateException("one element was asked of " + this);
    }
  }

  /**
   * A handle of the evaluated elements as {@code dtype} in row-major order: this array's own where
   * it is so already. The data of a handle must not be touched before it is evaluated.
   */
  private long readable(DType dtype) {
    long h = handle();
    if (dtype() != dtype) {
      owner.check(mlx_astype(owner.out(), h, dtype.code(), owner.stream()), "read");
      h = owner.takeOut();
    }
    evaluate(h);
    owner.check(_mlx_array_is_row_contiguous(owner.out(), h), "read");
    if ((owner.takeOut() & 0xff) == 0) {
      owner.check(mlx_contiguous(owner.out(), h, false, owner.stream()), "read");
      freeCopy(h);
      h = owner.takeOut();
      evaluate(h);
    }
    return h;
  }

  private void evaluate(long h) {
    try {
      owner.evaluate(owner.vectors().of(h), true);
    } catch (MlxException e) {
      freeCopy(h);
      throw e;
    }
  }

  private void freeCopy(long readable) {
    if (readable != handle) {
      owner.free(readable);
    }
  }
}
