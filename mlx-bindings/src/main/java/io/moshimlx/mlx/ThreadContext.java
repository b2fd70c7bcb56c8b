package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_array_free;
import static io.moshimlx.mlx.c.MlxC.mlx_async_eval;
import static io.moshimlx.mlx.c.MlxC.mlx_eval;
import static io.moshimlx.mlx.c.MlxC.mlx_get_default_device;
import static io.moshimlx.mlx.c.MlxC.mlx_vector_array_free;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * All that one thread needs to call MLX. Streams and lazy arrays are thread-local in MLX, hence one
 * of these a thread.
 *
 * <p>An operation passes {@link #out} and {@link #stream} to a function of mlx-c, and the status
 * that this returns to {@link #result}.
 */
final class ThreadContext {
  private static final ThreadLocal<ThreadContext> CURRENT =
      ThreadLocal.withInitial(ThreadContext::new);

  private final Thread thread = Thread.currentThread();

  /** Holds 0 between calls: MLX assigns to the array of a handle that it finds there. */
  private final MemorySegment out = slot();

  private final MemorySegment secondOut = slot();

  private final Arguments arguments = new Arguments(this);
  private final ArrayVectors vectors = new ArrayVectors(this);
  private final OwnedArrays arrays = new OwnedArrays(this, false);
  private final Scalars scalars = new Scalars(this);
  private final StreamPair streams;

  /** The innermost open scope, or null. */
  private MlxScope innermost;

  /** Counts each evaluation, or null. */
  private Workload workload;

  private ThreadContext() {
    if (thread.isVirtual()) {
      throw new IllegalStateException(
          "MLX needs a platform thread: it keeps state in the native one");
    }
    Library.load();
    streams = new StreamPair(this);
  }

  /** Never freed, so that no call spends time on keeping it alive. */
  private static MemorySegment slot() {
    return Arena.global().allocate(JAVA_LONG);
  }

  /** The context of this thread. */
  static ThreadContext current() {
    return CURRENT.get();
  }

  /**
   * The context of this thread.
   *
   * @throws IllegalStateException without an open scope
   */
  static ThreadContext scoped() {
    ThreadContext c = CURRENT.get();
    if (c.innermost == null) {
      throw new IllegalStateException("an MLX operation needs an open MlxScope on its thread");
    }
    return c;
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

  Arguments arguments() {
    return arguments;
  }

  ArrayVectors vectors() {
    return vectors;
  }

  /** The arrays of the thread's plain scopes. */
  OwnedArrays arrays() {
    return arrays;
  }

  StreamPair streams() {
    return streams;
  }

  /** The stream that operations are built on. */
  long stream() {
    return streams.current();
  }

  /** The slot in which a call leaves the handle that it makes. */
  MemorySegment out() {
    return out;
  }

  /** The slot for the second handle of a call that makes two. */
  MemorySegment secondOut() {
    return secondOut;
  }

  /** Throws MLX's reason if {@code status} is that of a failure. */
  void check(int status, String operation) {
    if (status != 0) {
      throw Errors.take(operation);
    }
  }

  /** The handle that the last call left in {@link #out}. */
  long takeOut() {
    return take(out);
  }

  /** The handle that the last call left in {@link #secondOut}. */
  long takeSecondOut() {
    return take(secondOut);
  }

  private static long take(MemorySegment slot) {
    long handle = slot.get(JAVA_LONG, 0);
    slot.set(JAVA_LONG, 0, 0);
    return handle;
  }

  /** The array that the last call left in {@link #out}; the innermost scope's. */
  MlxArray result(int status, String operation) {
    check(status, operation);
    return own(takeOut());
  }

  /** Gives a new handle to the innermost scope; returns its array. */
  MlxArray own(long handle) {
    return innermost.own(handle);
  }

  /** The innermost open scope, or null. */
  MlxScope innermost() {
    return innermost;
  }

  void setInnermost(MlxScope scope) {
    innermost = scope;
  }

  /** A scalar of the type of {@code like}, which belongs to the thread, not to a scope. */
  MlxArray scalarLike(float value, MlxArray like) {
    return scalars.get(value, like.dtype());
  }

  void free(long handle) {
    mlx_array_free(handle);
  }

  /** A new handle of the default device, to be freed by the caller. */
  long defaultDevice() {
    check(mlx_get_default_device(out), "default device");
    return takeOut();
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

  /** Has {@code counting} count each evaluation from now on. */
  void watch(Workload counting) {
    if (workload != null) {
      throw new IllegalStateException("a Workload of this thread is open");
    }
    workload = counting;
  }

  void unwatch() {
    workload = null;
  }
}
