package io.moshimlx.mlx.nn;

import static io.moshimlx.mlx.Indexing.take;

import io.moshimlx.mlx.MlxArray;

/**
 * A vector for each id.
 *
 * @param weight {@code [ids, dim]}
 */
public record Embedding(MlxArray weight) implements UnaryLayer {
  /**
   * The vectors of {@code ids}, which are integers from 0 to before the number of rows; MLX does
   * not check them.
   */
  @Override
  public MlxArray apply(MlxArray ids) {
    return take(weight, ids, 0);
  }
}
