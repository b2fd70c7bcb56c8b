package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.MLX_CPU;
import static io.moshimlx.mlx.c.MlxC.MLX_GPU;
import static io.moshimlx.mlx.c.MlxC.mlx_device_free;
import static io.moshimlx.mlx.c.MlxC.mlx_device_get_type;
import static io.moshimlx.mlx.c.MlxC.mlx_device_info_free;
import static io.moshimlx.mlx.c.MlxC.mlx_device_info_get;
import static io.moshimlx.mlx.c.MlxC.mlx_device_is_available;
import static io.moshimlx.mlx.c.MlxC.mlx_device_new_type;
import static io.moshimlx.mlx.c.MlxC.mlx_set_default_device;

import io.moshimlx.mlx.c.MlxC;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.LongFunction;

/** Where MLX computes. */
public final class Device {
  /** What mlx-c returns for a name under which a device tells nothing. */
  private static final int UNKNOWN_KEY = 2;

  public enum Type {
    CPU(MLX_CPU()),
    GPU(MLX_GPU());

    private final int code;

    Type(int code) {
      this.code = code;
    }
  }

  private Device() {}

  public static boolean isAvailable(Type type) {
    Native n = Native.current();
    long device = mlx_device_new_type(type.code, 0);
    int status = mlx_device_is_available(n.out, device);
    mlx_device_free(device);
    n.check(status, "isAvailable");
    return (n.takeOut() & 0xff) != 0;
  }

  /**
   * Makes this thread's operations, and those of threads that have not called MLX yet, run there.
   *
   * @throws MlxException if there is none
   */
  public static void setDefault(Type type) {
    if (!isAvailable(type)) {
      throw new MlxException("MLX has no " + type + " device on this machine");
    }
    Native n = Native.current();
    long device = mlx_device_new_type(type.code, 0);
    int status = mlx_set_default_device(device);
    mlx_device_free(device);
    n.check(status, "setDefault");
    n.refreshStream();
  }

  public static Type getDefault() {
    Native n = Native.current();
    long device = n.defaultDevice();
    int status = mlx_device_get_type(n.out, device);
    mlx_device_free(device);
    n.check(status, "getDefault");
    return (int) n.takeOut() == MLX_GPU() ? Type.GPU : Type.CPU;
  }

  /** The default device's type and name, such as "GPU (Apple M2)". */
  public static String describe() {
    Type type = getDefault();
    return ask("device_name", MlxC::mlx_device_info_get_string, Device::text)
        .map(name -> type + " (" + name + ")")
        .orElse(type.toString());
  }

  /** Of how much memory the default device makes the best use, in bytes; empty if MLX knows not. */
  public static Optional<Long> recommendedBytes() {
    return ask("max_recommended_working_set_size", MlxC::mlx_device_info_get_size, bytes -> bytes);
  }

  @FunctionalInterface
  private interface Question {
    int ask(MemorySegment value, long info, MemorySegment key);
  }

  private static <T> Optional<T> ask(String key, Question question, LongFunction<T> value) {
    Native n = Native.current();
    long device = n.defaultDevice();
    int status = mlx_device_info_get(n.out, device);
    mlx_device_free(device);
    n.check(status, "device info");
    long info = n.takeOut();
    try (Arena arena = Arena.ofConfined()) {
      status = question.ask(n.out, info, arena.allocateFrom(key));
      if (status == UNKNOWN_KEY) {
        return Optional.empty();
      }
      n.check(status, "device info");
      return Optional.of(value.apply(n.takeOut()));
    } finally {
      mlx_device_info_free(info);
    }
  }

  private static String text(long address) {
    return MemorySegment.ofAddress(address).reinterpret(Long.MAX_VALUE).getString(0);
  }
}
