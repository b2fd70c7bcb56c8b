package io.moshimlx.mlx;

import io.moshimlx.mlx.c.MlxC;
import io.moshimlx.mlx.c.mlx_set_error_handler$handler;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * MLX's error messages. Its own handler would end the process; ours keeps the message for the call
 * that then returns.
 */
final class Errors {
  private static final ThreadLocal<String> LAST = new ThreadLocal<>();

  private Errors() {}

  static void install() {
    MemorySegment handler = mlx_set_error_handler$handler.allocate(Errors::keep, Arena.global());
    MlxC.mlx_set_error_handler(handler, MemorySegment.NULL, MemorySegment.NULL);
  }

  /** The failure of {@code operation} on this thread, in MLX's words. */
  static MlxException take(String operation) {
    String message = LAST.get();
    LAST.remove();
    return new MlxException(
        operation + ": " + (message == null ? "failed, and MLX gave no reason" : message));
  }

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
