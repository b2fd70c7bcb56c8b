package io.moshimlx.mlx.nn;

import static io.moshimlx.mlx.Linalg.addmm;
import static io.moshimlx.mlx.Linalg.matmul;
import static io.moshimlx.mlx.Shapes.transpose;

import io.moshimlx.mlx.MlxArray;

/**
 * x weight<sup>T</sup> + bias.
 *
 * @param weight {@code [out, in]}
 * @param bias {@code [out]}, or null for none
 */
public record Linear(MlxArray weight, MlxArray bias) implements UnaryLayer {
  @Override
  public MlxArray apply(MlxArray x) {
    return bias == null ? matmul(x, transpose(weight)) : addmm(bias, x, transpose(weight));
  }
}
