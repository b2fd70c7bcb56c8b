package io.moshimlx.model;

import static io.moshimlx.mlx.Indexing.slice;
import static io.moshimlx.mlx.Shapes.splitAt;

import io.moshimlx.checkpoint.TransformerConfig;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.nn.UnaryLayer;
import java.util.Optional;

/** Multi-head self-attention over a cache ({@code self_attn}). */
final class Attention {
  private final int heads;
  private final UnaryLayer inProj;
  private final UnaryLayer outProj;
  private final Kernels kernels;

  Attention(TransformerConfig config, String prefix, Layers layers) {
    heads = config.numHeads();
    kernels = layers.kernels();
    inProj = kernels.queriesKeysValues(prefix + "in_proj", config, layers);
    outProj = layers.linear(prefix + "out_proj", config.dim(), config.dim());
  }

  /**
   * Attends from a block of steps to what the cache holds and to the block itself.
   *
   * @param x [batch, steps, dim]
   * @param angles of the steps, or empty where positions are not encoded
   * @param mask as {@link KvCache#mask}
   * @return [batch, steps, dim]
   */
  MlxArray apply(
      MlxArray x, Optional<Rotary.Angles> angles, KvCache cache, Optional<MlxArray> mask) {
    MlxArray qkv = inProj.apply(x);
    MlxArray split =
        angles.isPresent() ? kernels.rotate(qkv, angles.get(), heads) : Heads.split(qkv, heads);
    int batch = x.dim(0);
    MlxArray[] parts = new MlxArray[2];
    splitAt(split, 1, batch * heads, parts);
    MlxArray q = parts[0];
    MlxArray kv = cache.append(parts[1]);
    return outProj.apply(Heads.join(attend(q, kv, cache.visible(), mask), batch));
  }

  private MlxArray attend(MlxArray q, MlxArray kv, int visible, Optional<MlxArray> mask) {
    int all = q.dim(1);
    if (visible == 1) {
      // The softmax of one score is 1: a depformer's first slice needs no attention.
      return slice(kv, 1, all, 2 * all, 2, 0, 1);
    }
    MlxArray[] parts = new MlxArray[2];
    splitAt(slice(kv, 2, 0, visible), 1, all, parts);
    return kernels.attention(q, parts[0], parts[1], mask);
  }
}
