package io.moshimlx.doctor;

import com.sun.management.OperatingSystemMXBean;
import io.moshimlx.ByteCount;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.checkpoint.Precision;
import io.moshimlx.engine.MemoryEstimate;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.Device;
import io.moshimlx.model.Lm;
import io.moshimlx.store.KnownModel;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Optional;

/** Checks whether models fit into the memory of the default device. */
public final class MemoryCheck {
  /** The most precise first. */
  private static final List<Precision> SMALLER = List.of(Precision.Q8, Precision.Q6, Precision.Q4);

  private MemoryCheck() {}

  /**
   * Bytes of memory that models may take: Metal's recommendation, or all of the machine's memory.
   */
  static long available() {
    return Device.recommendedBytes()
        .orElseGet(
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class)::getTotalMemorySize);
  }

  /** The estimate for a model of the catalogue, whose published files hold bfloat16. */
  public static MemoryEstimate estimate(KnownModel known) {
    return new MemoryEstimate(
        known.weightBytes() - known.unreadBytes(),
        known.precision(),
        DType.BFLOAT16,
        known.codecBytes(),
        known.cacheValues());
  }

  /**
   * The warning before a model is loaded for which there is not enough memory.
   *
   * @param name the user's name for it
   * @param dtype the number type to compute in; empty for the device's default
   */
  public static Optional<String> warning(String name, ModelFiles files, Optional<DType> dtype) {
    return warning(name, MemoryEstimate.of(files), Lm.computed(dtype), available());
  }

  static Optional<String> warning(
      String name, MemoryEstimate estimate, Optional<DType> computed, long available) {
    if (estimate.bytes(computed) <= available) {
      return Optional.empty();
    }
    Precision now = estimate.precision();
    String remedy =
        SMALLER.stream()
            .filter(smaller -> !now.isQuantized() || smaller.bits() < now.bits())
            .filter(smaller -> estimate.in(smaller).bytes(computed) <= available)
            .findFirst()
            .map(smaller ->
                "with --quant %s it takes %s"
                    .formatted(smaller.label(), ByteCount.of(estimate.in(smaller).bytes(computed))))
            .orElse("choose a smaller model");
    return Optional.of(
        "%s in %s takes about %s of memory, but this machine recommends at most %s; %s"
            .formatted(
                name,
                now.label(estimate.stored()),
                ByteCount.of(estimate.bytes(computed)),
                ByteCount.of(available),
                remedy));
  }
}
