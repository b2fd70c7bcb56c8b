package io.moshimlx.model;

import static io.moshimlx.mlx.Indexing.slice;

import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.nn.UnaryLayer;
import java.util.Optional;

/** Multi-head self-attention over a cache ({@code self_attn}). */
final class Attention {
  private final int heads;
  private final UnaryLayer inProj;
  private final UnaryLayer outProj;
  private final Kernels kernels;

  Attention(TransformerConfig config, String prefix, Weights weights, Kernels kernels) {
    heads = config.numHeads();
    inProj = weights.linear(prefix + "in_proj", config.dim(), 3 * config.dim());
    outProj = weights.linear(prefix + "out_proj", config.dim(), config.dim());
    this.kernels = kernels;
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
        angles.isPresent()
            ? kernels.rotate(qkv, angles.get(), heads)
            : Kernels.splitHeads(qkv, 3 * heads);
    MlxArray kv = cache.append(slice(split, 1, heads, 3 * heads));
    MlxArray attended = attend(slice(split, 1, 0, heads), kv, cache.visible(), mask);
    return outProj.apply(Kernels.joinHeads(attended));
  }

  private MlxArray attend(MlxArray q, MlxArray kv, int visible, Optional<MlxArray> mask) {
    MlxArray v = part(kv, heads, visible);
    // The softmax of one score is 1: a depformer's first slice needs no attention.
    return visible == 1 ? v : kernels.attention(q, part(kv, 0, visible), v, mask);
  }

  private MlxArray part(MlxArray kv, int firstHead, int visible) {
    return slice(kv, 1, firstHead, firstHead + heads, 2, 0, visible);
  }
}
