package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.MLX_CPU;
import static io.moshimlx.mlx.c.MlxC.MLX_GPU;
import static io.moshimlx.mlx.c.MlxC.mlx_device_free;
import static io.moshimlx.mlx.c.MlxC.mlx_device_get_type;
import static io.moshimlx.mlx.c.MlxC.mlx_device_info_free;
import static io.moshimlx.mlx.c.MlxC.mlx_device_info_get;
import static io.moshimlx.mlx.c.MlxC.mlx_device_info_get_keys;
import static io.moshimlx.mlx.c.MlxC.mlx_device_info_get_size;
import static io.moshimlx.mlx.c.MlxC.mlx_device_info_get_string;
import static io.moshimlx.mlx.c.MlxC.mlx_device_info_is_string;
import static io.moshimlx.mlx.c.MlxC.mlx_device_is_available;
import static io.moshimlx.mlx.c.MlxC.mlx_device_new_type;
import static io.moshimlx.mlx.c.MlxC.mlx_set_default_device;
import static io.moshimlx.mlx.c.MlxC.mlx_vector_string_free;
import static io.moshimlx.mlx.c.MlxC.mlx_vector_string_get;
import static io.moshimlx.mlx.c.MlxC.mlx_vector_string_size;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.TreeMap;

/** Where MLX computes. */
public final class Device {
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
    String name = info().get("device_name");
    return name == null ? getDefault().toString() : getDefault() + " (" + name + ")";
  }

  /** What MLX tells of the default device, by name; numbers in decimal. */
  public static Map<String, String> info() {
    Native n = Native.current();
    long device = n.defaultDevice();
    int status = mlx_device_info_get(n.out, device);
    mlx_device_free(device);
    n.check(status, "info");
    long info = n.takeOut();
    long keys = 0;
    try {
      n.check(mlx_device_info_get_keys(n.out, info), "info");
      keys = n.takeOut();
      Map<String, String> values = new TreeMap<>();
      for (long i = 0; i < mlx_vector_string_size(keys); i++) {
        n.check(mlx_vector_string_get(n.out, keys, i), "info");
        MemorySegment key = MemorySegment.ofAddress(n.takeOut());
        values.put(string(key), value(n, info, key));
      }
      return values;
    } finally {
      mlx_vector_string_free(keys);
      mlx_device_info_free(info);
    }
  }

  private static String value(Native n, long info, MemorySegment key) {
    n.check(mlx_device_info_is_string(n.out, info, key), "info");
    if ((n.takeOut() & 0xff) != 0) {
      n.check(mlx_device_info_get_string(n.out, info, key), "info");
      return string(MemorySegment.ofAddress(n.takeOut()));
    }
    n.check(mlx_device_info_get_size(n.out, info, key), "info");
    return Long.toUnsignedString(n.takeOut());
  }

  private static String string(MemorySegment pointer) {
    return pointer.reinterpret(Long.MAX_VALUE).getString(0);
  }
}
