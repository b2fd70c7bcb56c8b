package io.moshimlx.doctor;

import com.sun.management.OperatingSystemMXBean;
import io.moshimlx.mimi.Mimi;
import io.moshimlx.mlx.Device;
import io.moshimlx.mlx.Mlx;
import io.moshimlx.model.ModelFiles;
import io.moshimlx.model.Quantization;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What the machine has: Java, the native libraries, the device and its memory. */
final class MachineChecks {
  /** Bytes of Moshi 7B's weights in each precision that is published. */
  private static final Map<Quantization, Long> MOSHI_7B = new LinkedHashMap<>();

  static {
    MOSHI_7B.put(Quantization.Q4, 4_800_000_000L);
    MOSHI_7B.put(Quantization.Q8, 8_200_000_000L);
    MOSHI_7B.put(Quantization.BF16, 15_400_000_000L);
  }

  /** What a session takes beside the weights: codec, caches, the work of a step. */
  private static final long SESSION_BYTES = 1_000_000_000L;

  private MachineChecks() {}

  static Finding java() {
    String arch = System.getProperty("os.arch");
    String text = "%s %s, %s".formatted(System.getProperty("java.vendor"), Runtime.version(), arch);
    if (isMac() && !arch.equals("aarch64")) {
      return Finding.problem(
          "java",
          text + ", which a Mac with Apple Silicon runs in emulation, without MLX",
          "install a JDK for aarch64: brew install openjdk");
    }
    return MachineChecks.class.getModule().isNativeAccessEnabled()
        ? Finding.ok("java", text + ", with native access")
        : Finding.warning(
            "java",
            text + ", without native access",
            "start it with scripts/moshi-mlx, or with --enable-native-access=ALL-UNNAMED");
  }

  private static boolean isMac() {
    return System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac");
  }

  static Finding mlx() {
    return Finding.ok(
        "mlx",
        "MLX %s, mlx-c of mlx-sys %s (%s)"
            .formatted(Mlx.version(), Mlx.mlxSysVersion(), Mlx.libraryPath()));
  }

  static Finding codec() {
    return Finding.ok("codec", "crate moshi " + Mimi.version());
  }

  static Finding device() {
    return isGpu()
        ? Finding.ok("device", Device.describe())
        : Finding.warning(
            "device",
            Device.describe() + ", on which only small models are as fast as speech",
            "use a Mac with Apple Silicon for Moshi 7B");
  }

  private static boolean isGpu() {
    return Device.getDefault() == Device.Type.GPU;
  }

  /** Bytes of memory that models may take: what Metal recommends, or else all of the machine's. */
  private static long memoryBytes() {
    return Device.recommendedBytes()
        .orElseGet(
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class)::getTotalMemorySize);
  }

  static Finding memory() {
    return memory(memoryBytes(), isGpu());
  }

  /**
   * Which precisions of Moshi 7B there is memory for.
   *
   * @param gpu whether models are computed in the type that they are stored in
   */
  static Finding memory(long bytes, boolean gpu) {
    String fits =
        MOSHI_7B.keySet().stream()
            .map(quantization -> {
              long needed = needed(quantization, MOSHI_7B.get(quantization), gpu);
              return String.format(
                  Locale.ROOT,
                  "%s (%.1f GB) %s",
                  quantization.label(),
                  needed * 1e-9,
                  needed <= bytes ? "fits" : "does not fit");
            })
            .collect(Collectors.joining(", "));
    String text =
        String.format(Locale.ROOT, "%.1f GB for models; of Moshi 7B %s", bytes * 1e-9, fits);
    return needed(Quantization.Q4, MOSHI_7B.get(Quantization.Q4), gpu) <= bytes
        ? Finding.ok("memory", text)
        : Finding.warning("memory", text, "use a smaller model, or a machine with more memory");
  }

  /** Memory that weights of so many bytes need; what is not quantised a CPU widens to float32. */
  private static long needed(Quantization quantization, long weights, boolean gpu) {
    return (quantization.bits() == 0 && !gpu ? 2 * weights : weights) + SESSION_BYTES;
  }

  /**
   * Whether there is memory for a certain model.
   *
   * @param weights bytes of its weights
   */
  static Finding modelMemory(ModelFiles files, long weights) {
    long bytes = memoryBytes();
    long needed = needed(files.quantization(), weights, isGpu());
    String text =
        String.format(
            Locale.ROOT,
            "%s, %s, takes %.1f of %.1f GB",
            files.weights(),
            files.quantization().label(),
            needed * 1e-9,
            bytes * 1e-9);
    return needed <= bytes
        ? Finding.ok("model", text)
        : Finding.problem("model", text, "choose a smaller --quant, or a smaller model");
  }
}
