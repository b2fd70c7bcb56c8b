package io.moshimlx.mlx.nn;

import io.moshimlx.mlx.Fast;
import io.moshimlx.mlx.MlxArray;

/**
 * Divides by the root mean square of the last axis.
 *
 * @param weight {@code [dim]}
 */
public record RMSNorm(MlxArray weight, float eps) implements UnaryLayer {
  @Override
  public MlxArray apply(MlxArray x) {
    return Fast.rmsNorm(x, weight, eps);
  }
}
