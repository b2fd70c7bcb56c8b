package io.moshimlx.model;

import static io.moshimlx.mlx.Elementwise.add;
import static io.moshimlx.mlx.Elementwise.astype;
import static io.moshimlx.mlx.Elementwise.floorDivide;
import static io.moshimlx.mlx.Elementwise.maximum;
import static io.moshimlx.mlx.Elementwise.multiply;
import static io.moshimlx.mlx.Elementwise.remainder;
import static io.moshimlx.mlx.Elementwise.subtract;
import static io.moshimlx.mlx.Logic.greater;
import static io.moshimlx.mlx.Shapes.expandDims;

import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.nn.UnaryLayer;

/**
 * The embedding of two token streams in one ({@code demux_second_stream}): an id is {@code first +
 * count · (second + 1)}, or just {@code first} where the second stream is silent. Both are looked
 * up in the same table, and each has a projection of its own.
 *
 * @param count rows of the table
 */
record DemuxedEmbedding(UnaryLayer table, int count, UnaryLayer out1, UnaryLayer out2)
    implements UnaryLayer {

  /**
   * The vectors of some tokens.
   *
   * @param ids int32 or uint32 [n]
   * @return [n, dim], or with a leading axis of one
   */
  @Override
  public MlxArray apply(MlxArray ids) {
    MlxArray id = astype(ids, DType.INT32);
    MlxArray first = out1.apply(table.apply(remainder(id, count)));
    MlxArray following = floorDivide(id, count);
    MlxArray second = out2.apply(table.apply(maximum(subtract(following, 1), 0)));
    MlxArray spoken = astype(expandDims(greater(following, 0), -1), second.dtype());
    return add(first, multiply(second, spoken));
  }
}
