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

/** Whether models fit into the memory that the default device has for them. */
public final class MemoryCheck {
  /** In this order: the more precise first. */
  private static final List<Precision> SMALLER = List.of(Precision.Q8, Precision.Q6, Precision.Q4);

  private MemoryCheck() {}

  /** Bytes of memory that models may take: what Metal recommends, or else all of the machine's. */
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
   * What to say before a model is loaded for which there is not enough memory.
   *
   * @param name what the user calls it
   * @param dtype what to compute in; empty for what suits the device
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
                "in %s (--quant) it takes %s"
                    .formatted(smaller.label(), ByteCount.of(estimate.in(smaller).bytes(computed))))
            .orElse("choose a smaller model");
    return Optional.of(
        "%s in %s takes about %s of memory, and this machine recommends no more than %s; %s"
            .formatted(
                name,
                now.label(estimate.stored()),
                ByteCount.of(estimate.bytes(computed)),
                ByteCount.of(available),
                remedy));
  }
}
