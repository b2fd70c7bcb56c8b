package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_closure_apply;
import static io.moshimlx.mlx.c.MlxC.mlx_closure_free;
import static io.moshimlx.mlx.c.MlxC.mlx_closure_new_func_payload;
import static io.moshimlx.mlx.c.MlxC.mlx_compile;
import static io.moshimlx.mlx.c.MlxC.mlx_vector_array_free;
import static io.moshimlx.mlx.c.MlxC.mlx_vector_array_set_data;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.moshimlx.mlx.c.mlx_closure_new_func_payload$fun;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/** A compiled function, for the thread that made it; see {@link Transforms#compile}. */
public final class MlxFunction implements AutoCloseable {
  private static final String NAME = "compiled function";

  /** By the number that MLX hands back to the one upcall stub that they share. */
  private static final Map<Long, MlxFunction> OPEN = new ConcurrentHashMap<>();

  private static final AtomicLong NEXT_ID = new AtomicLong(1);
  private static final MemorySegment TRACE =
      mlx_closure_new_func_payload$fun.allocate(MlxFunction::trace, Arena.global());

  private final ThreadContext owner;
  private final UnaryOperator<MlxArray[]> function;
  private final long id = NEXT_ID.getAndIncrement();
  private long closure;
  private Throwable thrown;

  MlxFunction(ThreadContext owner, UnaryOperator<MlxArray[]> function, boolean shapeless) {
    this.owner = owner;
    this.function = function;
    long plain =
        mlx_closure_new_func_payload(TRACE, MemorySegment.ofAddress(id), MemorySegment.NULL);
    if (plain == 0) {
      throw Errors.take("compile");
    }
    int status = mlx_compile(owner.out(), plain, shapeless);
    mlx_closure_free(plain);
    owner.check(status, "compile");
    closure = owner.takeOut();
    OPEN.put(id, this);
  }

  /**
   * The function's results for these arguments. What the function throws while it is traced, this
   * throws.
   *
   * @throws IllegalStateException after {@link #close}, on another thread, or without an open scope
   */
  public MlxArray[] apply(MlxArray... arguments) {
    requireOpen();
    return owner.vectors().results(run(owner.vectors().of(arguments)), NAME);
  }

  /** As {@link #apply}, for a function of one argument and one result. */
  public MlxArray apply1(MlxArray argument) {
    requireOpen();
    return owner.vectors().onlyResult(run(owner.vectors().of(argument.handle(owner))), NAME);
  }

  /** As {@link #apply}, for a function of two arguments and one result. */
  public MlxArray apply1(MlxArray first, MlxArray second) {
    requireOpen();
    return owner.vectors().onlyResult(run(owner.vectors().of(first, second)), NAME);
  }

  /** As {@link #apply}, for a function of three arguments and one result. */
  public MlxArray apply1(MlxArray first, MlxArray second, MlxArray third) {
    requireOpen();
    return owner.vectors().onlyResult(run(owner.vectors().of(first, second, third)), NAME);
  }

  private void requireOpen() {
    ThreadContext _ = ThreadContext.scoped();
    owner.requireThisThread("an MlxFunction");
    if (closure == 0) {
      throw new IllegalStateException("an MlxFunction was used after it was closed");
    }
  }

  /**
   * Leaves the results in {@link ThreadContext#out}, as a vector; frees that of the arguments.
   *
   * @return the status
   */
  private int run(long vector) {
    int status = mlx_closure_apply(owner.out(), closure, vector);
    mlx_vector_array_free(vector);
    Throwable cause = thrown;
    thrown = null;
    if (status != 0 && cause != null) {
      throw rethrown(cause);
    }
    return status;
  }

  /** Frees the function and what MLX kept of its traces. Idempotent. */
  @Override
  public void close() {
    if (closure != 0) {
      owner.requireThisThread("an MlxFunction");
      mlx_closure_free(closure);
      closure = 0;
      OPEN.remove(id);
    }
  }

  private static int trace(MemorySegment result, long arguments, MemorySegment id) {
    MlxFunction f = OPEN.get(id.address());
    try {
      f.trace(result.reinterpret(JAVA_LONG.byteSize()), arguments);
      return 0;
    } catch (Throwable e) {
      // An exception that leaves an upcall ends the process.
      f.thrown = e;
      return 1;
    }
  }

  private void trace(MemorySegment result, long arguments) {
    try (MlxScope _ = MlxScope.open()) {
      MlxArray[] results = function.apply(owner.vectors().unpack(arguments, "compile"));
      MemorySegment handles = owner.arguments().scratch(JAVA_LONG.byteSize() * results.length);
      for (int i = 0; i < results.length; i++) {
        handles.setAtIndex(JAVA_LONG, i, results[i].handle(owner));
      }
      owner.check(mlx_vector_array_set_data(result, handles, results.length), "compile");
    }
  }

  private static RuntimeException rethrown(Throwable cause) {
    return switch (cause) {
      case Error error -> throw error;
      case RuntimeException exception -> exception;
      default -> new MlxException(NAME + ": " + cause.getMessage(), cause);
    };
  }
}
