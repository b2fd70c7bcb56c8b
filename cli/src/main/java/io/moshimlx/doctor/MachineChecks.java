package io.moshimlx.doctor;

import static io.moshimlx.mlx.Creation.ones;
import static io.moshimlx.mlx.Linalg.matmul;
import static io.moshimlx.mlx.Reductions.sum;
import static io.moshimlx.mlx.Shapes.flatten;

import io.moshimlx.ByteCount;
import io.moshimlx.OperatingSystem;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.engine.MemoryEstimate;
import io.moshimlx.mimi.Mimi;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.Device;
import io.moshimlx.mlx.Mlx;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.MlxException;
import io.moshimlx.mlx.MlxScope;
import io.moshimlx.model.Lm;
import io.moshimlx.store.Catalogue;
import io.moshimlx.store.KnownModel;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Checks Java, the native libraries, the device and its memory. */
final class MachineChecks {
  /** A family of the catalogue, the smallest model first. */
  private static final String MOSHI_7B = "moshiko";

  /** The side of the matrices of a product whose result is known. */
  private static final int SIDE = 64;

  private MachineChecks() {}

  static Finding java() {
    String arch = System.getProperty("os.arch");
    String text = "%s %s, %s".formatted(System.getProperty("java.vendor"), Runtime.version(), arch);
    if (OperatingSystem.isMac() && !arch.equals("aarch64")) {
      return Finding.problem(
          "java",
          text + ", which a Mac with Apple Silicon runs in emulation, without MLX",
          "install a JDK for aarch64: brew install openjdk@25");
    }
    return MachineChecks.class.getModule().isNativeAccessEnabled()
        ? Finding.ok("java", text + ", with native access")
        : Finding.warning(
            "java",
            text + ", without native access",
            "start it with scripts/moshi-mlx, or with --enable-native-access=ALL-UNNAMED");
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

  /**
   * Lets the device compute something: a device that is present may still not work.
   *
   * @param wanted the device to make the default first, if any
   */
  static Finding device(Optional<Device.Type> wanted) {
    wanted.ifPresent(Device::setDefault);
    String device = Device.describe();
    requireRightProduct(device);
    if (Device.getDefault() == Device.Type.GPU) {
      return Finding.ok("device", device);
    }
    return Finding.warning(
        "device",
        device + ", on which only small models are as fast as speech",
        Device.isAvailable(Device.Type.GPU)
            ? "use --device gpu"
            : "use a Mac with Apple Silicon for Moshi 7B");
  }

  private static void requireRightProduct(String device) {
    try (MlxScope _ = MlxScope.open()) {
      MlxArray ones = ones(DType.FLOAT32, SIDE, SIDE);
      float sum = sum(flatten(matmul(ones, ones)), 0, false).itemFloat();
      if (sum != SIDE * SIDE * SIDE) {
        throw new MlxException(
            "%s computes %s instead of %s".formatted(device, sum, SIDE * SIDE * SIDE));
      }
    }
  }

  static Finding memory() {
    return memory(MemoryCheck.available(), Lm.computed(Optional.empty()));
  }

  /**
   * The precisions of Moshi 7B for which there is memory.
   *
   * @param computed as of {@link MemoryEstimate#bytes}
   */
  static Finding memory(long available, Optional<DType> computed) {
    List<KnownModel> precisions =
        Catalogue.all().stream().filter(known -> known.family().equals(MOSHI_7B)).toList();
    String fits =
        precisions.stream()
            .map(known -> {
              long needed = MemoryCheck.estimate(known).bytes(computed);
              return "%s (%s) %s"
                  .formatted(
                      known.precision().label(),
                      ByteCount.of(needed),
                      needed <= available ? "fits" : "does not fit");
            })
            .collect(Collectors.joining(", "));
    String text = "%s for models; Moshi 7B: %s".formatted(ByteCount.of(available), fits);
    return MemoryCheck.estimate(precisions.getFirst()).bytes(computed) <= available
        ? Finding.ok("memory", text)
        : Finding.warning("memory", text, "use a smaller model, or a machine with more memory");
  }

  /** Whether there is memory for a model, computed in the type of {@code --dtype}. */
  static Finding model(ModelFiles files, Optional<DType> dtype) {
    long needed = MemoryEstimate.of(files).bytes(Lm.computed(dtype));
    long available = MemoryCheck.available();
    String text =
        "%s, %s, takes %s of %s"
            .formatted(
                files.weights(), files.storedAs(), ByteCount.of(needed), ByteCount.of(available));
    return needed <= available
        ? Finding.ok("model", text)
        : Finding.problem("model", text, "choose a smaller --quant, or a smaller model");
  }
}
