package io.moshimlx.engine;

import io.moshimlx.mlx.Device;
import io.moshimlx.mlx.Memory;

/** MLX's limits of memory. They hold for the whole process, so its owner alone sets them. */
public final class MemoryLimits {
  /** Bytes of freed arrays that MLX may keep: this share of the weights, but so many at least. */
  private static final long CACHE_SHARE = 16;

  private static final long LEAST_CACHE = 4 << 20;

  private MemoryLimits() {}

  /** Bytes of freed arrays that MLX may keep beside weights of so many bytes. */
  public static long cacheBytes(long weightBytes) {
    return Math.max(LEAST_CACHE, weightBytes / CACHE_SHARE);
  }

  /**
   * Sets the limits for what is loaded now. To be called once all models are loaded, and before
   * their first step.
   *
   * @throws io.moshimlx.mlx.MlxException if MLX refuses them
   */
  public static void apply() {
    // What a GPU reads at every step is to stay in memory, whatever else the machine does.
    if (Device.getDefault() == Device.Type.GPU) {
      Device.recommendedBytes().ifPresent(Memory::setWiredLimit);
    }
    // MLX keeps what is freed for arrays of the same size. Those of attention grow with every step,
    // so none of them would be used again, and all be kept until the context is full.
    Memory.setCacheLimit(cacheBytes(Memory.active()));
  }
}
