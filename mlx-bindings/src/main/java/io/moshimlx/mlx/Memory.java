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
    ThreadContext c = ThreadContext.current();
    return value(c, mlx_get_active_memory(c.out()), "active memory");
  }

  /** The greatest {@link #active} since the start or {@link #resetPeak}. */
  public static long peak() {
    ThreadContext c = ThreadContext.current();
    return value(c, mlx_get_peak_memory(c.out()), "peak memory");
  }

  /** Freed by arrays and kept for the next ones. */
  public static long cache() {
    ThreadContext c = ThreadContext.current();
    return value(c, mlx_get_cache_memory(c.out()), "cache memory");
  }

  public static void resetPeak() {
    ThreadContext.current().check(mlx_reset_peak_memory(), "resetPeak");
  }

  /** Gives the cache back to the system. */
  public static void clearCache() {
    ThreadContext.current().check(mlx_clear_cache(), "clearCache");
  }

  /** Sets how large the cache may grow; returns the former limit. */
  public static long setCacheLimit(long bytes) {
    ThreadContext c = ThreadContext.current();
    return value(c, mlx_set_cache_limit(c.out(), bytes), "setCacheLimit");
  }

  /** Sets the guideline above which MLX waits for memory to be freed; returns the former limit. */
  public static long setMemoryLimit(long bytes) {
    ThreadContext c = ThreadContext.current();
    return value(c, mlx_set_memory_limit(c.out(), bytes), "setMemoryLimit");
  }

  /**
   * Sets how much memory stays wired for the GPU; returns the former limit. Without a GPU it does
   * nothing.
   */
  public static long setWiredLimit(long bytes) {
    ThreadContext c = ThreadContext.current();
    return value(c, mlx_set_wired_limit(c.out(), bytes), "setWiredLimit");
  }

  private static long value(ThreadContext c, int status, String operation) {
    c.check(status, operation);
    return c.takeOut();
  }
}
