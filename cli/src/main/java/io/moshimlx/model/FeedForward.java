package io.moshimlx.model;

import io.moshimlx.checkpoint.TransformerConfig;
import io.moshimlx.checkpoint.Weights;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.nn.UnaryLayer;

/** The feed-forward with a SiLU gate ({@code gating}). */
final class FeedForward implements UnaryLayer {
  private final UnaryLayer linearIn;
  private final UnaryLayer linearOut;
  private final Kernels kernels;

  FeedForward(TransformerConfig config, String prefix, Weights weights, Kernels kernels) {
    linearIn = weights.linear(prefix + "linear_in", config.dim(), 2 * config.hiddenDim());
    linearOut = weights.linear(prefix + "linear_out", config.hiddenDim(), config.dim());
    this.kernels = kernels;
  }

  /** [batch, steps, dim] to the same. */
  @Override
  public MlxArray apply(MlxArray x) {
    return linearOut.apply(kernels.siluGate(linearIn.apply(x)));
  }
}
