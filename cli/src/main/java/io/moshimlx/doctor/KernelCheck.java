package io.moshimlx.doctor;

import io.moshimlx.mlx.CompiledKernels;
import io.moshimlx.mlx.Device;
import io.moshimlx.model.Lm;

/** Checks the compiled kernels of a CPU; docs/performance.md has their worth. */
public final class KernelCheck {
  private KernelCheck() {}

  static Finding kernels() {
    if (Device.getDefault() == Device.Type.GPU) {
      return Finding.ok("kernels", "those of the GPU");
    }
    CompiledKernels.askAnew();
    return Lm.missingKernels()
        .map(missing -> Finding.warning("kernels", text(missing), remedy(missing)))
        .orElseGet(() -> Finding.ok("kernels", "compiled with g++"));
  }

  /** The same in one sentence, for a line on stderr. */
  public static String describe(CompiledKernels.Missing missing) {
    return text(missing) + "; " + remedy(missing);
  }

  private static String text(CompiledKernels.Missing missing) {
    return "without compiled kernels a step takes about 1.2 times as long: " + missing.text();
  }

  private static String remedy(CompiledKernels.Missing missing) {
    return switch (missing.cause()) {
      case SWITCHED_OFF -> "unset it";
      case NO_COMPILER -> "install g++";
      case COMPILER_FAILS -> "install another version of g++, then run 'moshi-mlx doctor'";
      case COMPILER_STOPPED -> "try again";
      case NO_PLACE -> "move the folder of moshi-mlx with XDG_CACHE_HOME";
    };
  }
}
