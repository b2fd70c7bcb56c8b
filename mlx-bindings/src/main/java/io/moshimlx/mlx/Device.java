package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.MLX_CPU;
import static io.moshimlx.mlx.c.MlxC.MLX_GPU;
import static io.moshimlx.mlx.c.MlxC.mlx_device_free;
import static io.moshimlx.mlx.c.MlxC.mlx_device_get_type;
import static io.moshimlx.mlx.c.MlxC.mlx_device_info_free;
import static io.moshimlx.mlx.c.MlxC.mlx_device_info_get;
import static io.moshimlx.mlx.c.MlxC.mlx_device_is_available;
import static io.moshimlx.mlx.c.MlxC.mlx_device_new_type;
import static io.moshimlx.mlx.c.MlxC.mlx_get_default_device;
import static io.moshimlx.mlx.c.MlxC.mlx_set_default_device;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.moshimlx.mlx.c.MlxC;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
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

  /** Whether MLX can compute there. */
  public static boolean isAvailable(Type type) {
    Library.load();
    long device = mlx_device_new_type(type.code, 0);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment available = arena.allocate(JAVA_BOOLEAN);
      check(mlx_device_is_available(available, device), "isAvailable");
      return available.get(JAVA_BOOLEAN, 0);
    } finally {
      mlx_device_free(device);
    }
  }

  /**
   * Makes this thread's operations, and those of threads that have not called MLX yet, run there.
   * The default is the process's, but a thread keeps the stream that it began with.
   *
   * @throws MlxException if there is none
   */
  public static void setDefault(Type type) {
    // Before this thread asks for a stream, which it would not get of a GPU that is not there.
    if (!isAvailable(type)) {
      throw unavailable(type);
    }
    long device = mlx_device_new_type(type.code, 0);
    int status = mlx_set_default_device(device);
    mlx_device_free(device);
    check(status, "setDefault");
    ThreadContext.current().streams().refresh();
  }

  public static Type getDefault() {
    Library.load();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment slot = arena.allocate(JAVA_LONG);
      check(mlx_get_default_device(slot), "default device");
      long device = slot.get(JAVA_LONG, 0);
      int status = mlx_device_get_type(slot, device);
      mlx_device_free(device);
      check(status, "getDefault");
      return slot.get(JAVA_INT, 0) == MLX_GPU() ? Type.GPU : Type.CPU;
    }
  }

  private static void check(int status, String operation) {
    if (status != 0) {
      throw Errors.take(operation);
    }
  }

  /** Why nothing can be computed there: MLX's own words for it are such as "vector". */
  static MlxException unavailable(Type type) {
    // MLX for Metal takes the GPU for its default, whether it finds one or not.
    if (type != Type.GPU || getDefault() != Type.GPU) {
      return new MlxException(
          "MLX finds no %s on this machine; leave --device out".formatted(type));
    }
    Path metallib = Library.load().resolveSibling("mlx.metallib");
    return new MlxException(
        (Files.exists(metallib)
                    ? "Metal finds no GPU on this Mac, or macOS is older than its library (%s) needs; "
                    : "%s is missing, without which Metal computes nothing; install moshi-mlx again, or ")
                .formatted(metallib)
            + "use --device cpu");
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
    ThreadContext c = ThreadContext.current();
    long device = c.defaultDevice();
    int status = mlx_device_info_get(c.out(), device);
    mlx_device_free(device);
    c.check(status, "device info");
    long info = c.takeOut();
    try (Arena arena = Arena.ofConfined()) {
      status = question.ask(c.out(), info, arena.allocateFrom(key));
      if (status == UNKNOWN_KEY) {
        return Optional.empty();
      }
      c.check(status, "device info");
      return Optional.of(value.apply(c.takeOut()));
    } finally {
      mlx_device_info_free(info);
    }
  }

  private static String text(long address) {
    return MemorySegment.ofAddress(address).reinterpret(Long.MAX_VALUE).getString(0);
  }
}
