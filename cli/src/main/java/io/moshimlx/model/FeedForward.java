package io.moshimlx.model;

import io.moshimlx.checkpoint.TransformerConfig;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.nn.UnaryLayer;

/** The feed-forward with a SiLU gate ({@code gating}). */
final class FeedForward implements UnaryLayer {
  private final UnaryLayer linearIn;
  private final UnaryLayer linearOut;
  private final Kernels kernels;

  FeedForward(TransformerConfig config, String prefix, Layers layers) {
    linearIn = layers.linear(prefix + "linear_in", config.dim(), 2 * config.hiddenDim());
    linearOut = layers.linear(prefix + "linear_out", config.hiddenDim(), config.dim());
    kernels = layers.kernels();
  }

  /** [batch, steps, dim] to the same. */
  @Override
  public MlxArray apply(MlxArray x) {
    return linearOut.apply(kernels.siluGate(linearIn.apply(x)));
  }
}
