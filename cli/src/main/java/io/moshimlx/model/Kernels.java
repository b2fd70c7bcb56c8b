package io.moshimlx.model;

import static io.moshimlx.mlx.Elementwise.multiply;
import static io.moshimlx.mlx.Elementwise.sigmoid;
import static io.moshimlx.mlx.Shapes.split;

import io.moshimlx.checkpoint.TransformerConfig;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.nn.QuantizedEmbedding;
import io.moshimlx.mlx.nn.UnaryLayer;
import java.util.Optional;

/**
 * The pieces of a transformer that one device computes in another way than the other. They belong
 * to the thread that made them.
 */
interface Kernels {
  float RMS_NORM_EPS = 1e-8f;

  /**
   * The layer x · weight / rms(x), over the last axis.
   *
   * @param weight [dim]
   */
  UnaryLayer rmsNorm(MlxArray weight);

  /**
   * The gate of a feed-forward.
   *
   * @param x [batch, steps, 2 × hidden], the gate first
   * @return silu(gate) · value, [batch, steps, hidden]
   */
  MlxArray siluGate(MlxArray x);

  /**
   * The weight of a linear layer that is not quantised.
   *
   * @param weight [out, in]
   * @return as of {@link io.moshimlx.mlx.nn.Linear}
   */
  MlxArray transposed(MlxArray weight);

  /** A layer that gives what a table gives, from ids of any shape. */
  UnaryLayer lookup(QuantizedEmbedding table);

  /**
   * The projection of an attention layer, whose queries suit {@link #attention}.
   *
   * @return from [batch, steps, dim] to queries, keys and values, [batch, steps, 3 × dim]
   */
  UnaryLayer queriesKeysValues(String key, TransformerConfig config, Layers layers);

  /**
   * {@linkplain Heads#split Splits} a fused projection into heads and turns queries and keys by
   * their position.
   */
  MlxArray rotate(MlxArray qkv, Rotary.Angles angles, int heads);

  /**
   * Softmax attention.
   *
   * @param q as of {@link #queriesKeysValues}, [1, heads, steps, headDim]
   * @param k [1, heads, n, headDim], as {@code v}
   * @param mask booleans [steps, n], or empty where every query sees every key
   * @return [1, heads, steps, headDim]
   */
  MlxArray attention(MlxArray q, MlxArray k, MlxArray v, Optional<MlxArray> mask);

  /** How much attention scales its queries. */
  static float scale(int headDim) {
    return (float) (1 / Math.sqrt(headDim));
  }

  /** {@link #siluGate} as MLX's primitives; MLX has no kernel of its own for it. */
  static MlxArray composedSiluGate(MlxArray x) {
    MlxArray[] halves = split(x, 2, -1);
    return multiply(multiply(halves[0], sigmoid(halves[0])), halves[1]);
  }
}
