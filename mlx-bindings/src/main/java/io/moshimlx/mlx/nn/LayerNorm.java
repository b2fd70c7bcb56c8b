package io.moshimlx.mlx.nn;

import io.moshimlx.mlx.Fast;
import io.moshimlx.mlx.MlxArray;

/**
 * Takes the last axis to mean 0 and variance 1.
 *
 * @param weight {@code [dim]}
 * @param bias {@code [dim]}, or null for none
 */
public record LayerNorm(MlxArray weight, MlxArray bias, float eps) implements UnaryLayer {
  @Override
  public MlxArray apply(MlxArray x) {
    return Fast.layerNorm(x, weight, bias, eps);
  }
}
