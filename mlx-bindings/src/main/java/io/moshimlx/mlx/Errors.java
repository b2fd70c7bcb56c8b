package io.moshimlx.mlx;

import static java.lang.foreign.ValueLayout.ADDRESS;

import io.moshimlx.mlx.c.MlxC;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;

/**
 * MLX's error messages. Its own handler would end the process; ours keeps the message for the call
 * that then returns.
 */
final class Errors {
  private static final ThreadLocal<String> LAST = new ThreadLocal<>();

  private Errors() {}

  /** The generated class for such a handler would link a call of it, too, which takes a while. */
  static void install() {
    FunctionDescriptor type = FunctionDescriptor.ofVoid(ADDRESS, ADDRESS);
    MemorySegment handler = Linker.nativeLinker().upcallStub(keep(type), type, Arena.global());
    MlxC.mlx_set_error_handler(handler, MemorySegment.NULL, MemorySegment.NULL);
  }

  private static MethodHandle keep(FunctionDescriptor type) {
    try {
      return MethodHandles.lookup().findStatic(Errors.class, "keep", type.toMethodType());
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("the method below", e);
    }
  }

  /** The failure of {@code operation} on this thread, in MLX's words. */
  static MlxException take(String operation) {
    String message = LAST.get();
    LAST.remove();
    return new MlxException(
        operation + ": " + (message == null ? "failed, and MLX gave no reason" : message));
  }

  @SuppressWarnings({"UnusedMethod", "UnusedVariable"}) // MLX calls it, with both
  private static void keep(MemorySegment message, MemorySegment data) {
    try {
      LAST.set(withoutSource(message.reinterpret(Long.MAX_VALUE).getString(0)));
    } catch (Throwable e) {
      // An exception that leaves an upcall ends the process.
      LAST.set("failed, and its message could not be read");
    }
  }

  /** mlx-c adds " at FILE:LINE", which names a folder of whoever built it. */
  private static String withoutSource(String message) {
    int at = message.lastIndexOf(" at ");
    return at >= 0 && message.substring(at).matches(" at .*:\\d+")
        ? message.substring(0, at)
        : message;
  }
}
