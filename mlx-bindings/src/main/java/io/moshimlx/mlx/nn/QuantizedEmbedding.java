package io.moshimlx.mlx.nn;

import static io.moshimlx.mlx.Indexing.take;
import static io.moshimlx.mlx.Linalg.dequantize;

import io.moshimlx.mlx.MlxArray;

/**
 * An {@link Embedding} of a quantised weight: only the rows asked for are dequantised.
 *
 * @param weight uint32, {@code [ids, dim * bits / 32]}
 * @param scales {@code [ids, dim / groupSize]}
 * @param biases {@code [ids, dim / groupSize]}
 */
public record QuantizedEmbedding(
    MlxArray weight, MlxArray scales, MlxArray biases, int groupSize, int bits)
    implements UnaryLayer {
  /** As {@link Embedding#apply}. */
  @Override
  public MlxArray apply(MlxArray ids) {
    return dequantize(
        take(weight, ids, 0), take(scales, ids, 0), take(biases, ids, 0), groupSize, bits);
  }
}
