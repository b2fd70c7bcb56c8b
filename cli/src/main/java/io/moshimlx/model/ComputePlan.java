package io.moshimlx.model;

import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.Device;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * How a device computes a model; chosen once, when the model is loaded.
 *
 * @param dtype of floating-point values; empty for the type that the file stores
 * @param kernels makes the kernels, whose native memory its argument owns
 * @param splitFrom how many weights a linear layer has from which on it is {@linkplain
 *     io.moshimlx.mlx.nn.SplitLinear split}; empty if none is
 * @param early whether a layer of Helium is begun while the next one is built
 */
record ComputePlan(
    Optional<DType> dtype,
    Function<Owned, Kernels> kernels,
    OptionalLong splitFrom,
    boolean early) {

  /** Weights of a linear layer that is worth two cores: they take one about two milliseconds. */
  private static final long WORTH_TWO_CORES = 1 << 21;

  /**
   * The plan that suits the default device.
   *
   * @param wanted as of {@link Lm#computed}
   */
  static ComputePlan of(Optional<DType> wanted) {
    Optional<DType> dtype = Lm.computed(wanted);
    boolean cpu = Device.getDefault() == Device.Type.CPU;
    if (!cpu || !dtype.equals(Optional.of(DType.FLOAT32))) {
      return fast(dtype);
    }
    return composed(
        Runtime.getRuntime().availableProcessors() > 1
            ? OptionalLong.of(WORTH_TWO_CORES)
            : OptionalLong.empty());
  }

  /**
   * With {@link FastKernels}. Nothing is begun early: what a GPU would gain by it has not been
   * measured.
   */
  static ComputePlan fast(Optional<DType> dtype) {
    return new ComputePlan(dtype, FastKernels::new, OptionalLong.empty(), false);
  }

  /** With {@link ComposedKernels}, for a CPU in float32. */
  static ComputePlan composed(OptionalLong splitFrom) {
    return new ComputePlan(Optional.of(DType.FLOAT32), ComposedKernels::new, splitFrom, true);
  }
}
