package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_clear_cache;
import static io.moshimlx.mlx.c.MlxC.mlx_get_active_memory;
import static io.moshimlx.mlx.c.MlxC.mlx_get_cache_memory;
import static io.moshimlx.mlx.c.MlxC.mlx_get_peak_memory;
import static io.moshimlx.mlx.c.MlxC.mlx_reset_peak_memory;
import static io.moshimlx.mlx.c.MlxC.mlx_set_cache_limit;
import static io.moshimlx.mlx.c.MlxC.mlx_set_memory_limit;
import static io.moshimlx.mlx.c.MlxC.mlx_set_wired_limit;

/** MLX's memory, of the whole process, in bytes. */
public final class Memory {
  private Memory() {}

  /** In use by arrays; without the cache. */
  public static long active() {
    Native n = Native.current();
    return value(n, mlx_get_active_memory(n.out), "active memory");
  }

  /** The greatest {@link #active} since the start or {@link #resetPeak}. */
  public static long peak() {
    Native n = Native.current();
    return value(n, mlx_get_peak_memory(n.out), "peak memory");
  }

  /** Freed by arrays and kept for the next ones. */
  public static long cache() {
    Native n = Native.current();
    return value(n, mlx_get_cache_memory(n.out), "cache memory");
  }

  public static void resetPeak() {
    Native.current().check(mlx_reset_peak_memory(), "resetPeak");
  }

  /** Gives the cache back to the system. */
  public static void clearCache() {
    Native.current().check(mlx_clear_cache(), "clearCache");
  }

  /** Sets how large the cache may grow; returns the former limit. */
  public static long setCacheLimit(long bytes) {
    Native n = Native.current();
    return value(n, mlx_set_cache_limit(n.out, bytes), "setCacheLimit");
  }

  /** Sets the guideline above which MLX waits for memory to be freed; returns the former limit. */
  public static long setMemoryLimit(long bytes) {
    Native n = Native.current();
    return value(n, mlx_set_memory_limit(n.out, bytes), "setMemoryLimit");
  }

  /**
   * Sets how much memory stays wired for the GPU; returns the former limit. Without a GPU it does
   * nothing.
   */
  public static long setWiredLimit(long bytes) {
    Native n = Native.current();
    return value(n, mlx_set_wired_limit(n.out, bytes), "setWiredLimit");
  }

  private static long value(Native n, int status, String operation) {
    n.check(status, operation);
    return n.takeOut();
  }
}
