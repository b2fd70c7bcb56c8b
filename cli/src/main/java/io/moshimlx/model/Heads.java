package io.moshimlx.model;

import static io.moshimlx.mlx.Shapes.reshape;
import static io.moshimlx.mlx.Shapes.transpose;

import io.moshimlx.mlx.MlxArray;

/**
 * The heads of attention. Each attends on its own, so those of a batch become as many more heads of
 * one: of keys and values whose batch lies apart in memory Metal's attention would make a copy, the
 * whole cache at every step.
 */
final class Heads {
  private Heads() {}

  /**
   * Splits a fused projection into heads.
   *
   * @param qkv [batch, steps, 3 × heads × headDim]: queries, keys, values
   * @return [1, 3 × batch × heads, steps, headDim]: all queries, all keys, all values
   */
  static MlxArray split(MlxArray qkv, int heads) {
    int batch = qkv.dim(0);
    int steps = qkv.dim(1);
    int headDim = qkv.dim(2) / (3 * heads);
    if (batch == 1 && steps == 1) {
      return reshape(qkv, 1, 3 * heads, 1, headDim);
    }
    MlxArray apart = transpose(reshape(qkv, batch, steps, 3, heads, headDim), 2, 0, 3, 1, 4);
    return reshape(apart, 1, 3 * batch * heads, steps, headDim);
  }

  /** [1, batch × heads, steps, headDim] to [batch, steps, heads × headDim]. */
  static MlxArray join(MlxArray x, int batch) {
    int heads = x.dim(1) / batch;
    int steps = x.dim(2);
    int headDim = x.dim(3);
    MlxArray inOrder =
        steps == 1 ? x : transpose(reshape(x, batch, heads, steps, headDim), 0, 2, 1, 3);
    return reshape(inOrder, batch, steps, heads * headDim);
  }
}
