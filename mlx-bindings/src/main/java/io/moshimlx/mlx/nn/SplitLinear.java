package io.moshimlx.mlx.nn;

import static io.moshimlx.mlx.Shapes.concatenate;

import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.Streams;

/**
 * A linear layer in two parts that are computed at the same time. Worth it on a CPU, where MLX runs
 * a product on one core.
 *
 * @param first the layer of the first outputs
 * @param second the layer of the others
 */
public record SplitLinear(UnaryLayer first, UnaryLayer second) implements UnaryLayer {
  @Override
  public MlxArray apply(MlxArray x) {
    MlxArray others = Streams.beside(second, x);
    return concatenate(-1, first.apply(x), others);
  }
}
