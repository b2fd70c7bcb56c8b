package io.moshimlx.mlx.nn;

import static io.moshimlx.mlx.Linalg.addmm;
import static io.moshimlx.mlx.Linalg.matmul;

import io.moshimlx.mlx.MlxArray;

/**
 * x weight<sup>T</sup> + bias.
 *
 * <p>The weight is transposed once, not at every call: that moves nothing, but is a primitive.
 *
 * @param transposed {@code [in, out]}, or {@code [1, in, out]}, which spares an x of three axes two
 *     primitives and makes three axes of two
 * @param bias {@code [out]}, or null for none
 */
public record Linear(MlxArray transposed, MlxArray bias) implements UnaryLayer {
  @Override
  public MlxArray apply(MlxArray x) {
    return bias == null ? matmul(x, transposed) : addmm(bias, x, transposed);
  }
}
