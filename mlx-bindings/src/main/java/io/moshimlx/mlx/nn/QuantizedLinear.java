package io.moshimlx.mlx.nn;

import static io.moshimlx.mlx.Elementwise.add;
import static io.moshimlx.mlx.Linalg.quantizedMatmul;

import io.moshimlx.mlx.MlxArray;

/**
 * A {@link Linear} of a quantised weight.
 *
 * @param weight uint32, {@code [out, in * bits / 32]}
 * @param scales {@code [out, in / groupSize]}
 * @param biases {@code [out, in / groupSize]}
 * @param bias {@code [out]}, or null for none
 */
public record QuantizedLinear(
    MlxArray weight, MlxArray scales, MlxArray biases, MlxArray bias, int groupSize, int bits)
    implements UnaryLayer {
  @Override
  public MlxArray apply(MlxArray x) {
    MlxArray y = quantizedMatmul(x, weight, scales, biases, true, groupSize, bits);
    return bias == null ? y : add(y, bias);
  }
}
