package io.moshimlx.model;

import static io.moshimlx.mlx.Elementwise.add;
import static io.moshimlx.mlx.Elementwise.multiply;

import io.moshimlx.checkpoint.TransformerConfig;
import io.moshimlx.checkpoint.Weights;
import io.moshimlx.mlx.MlxArray;
import java.util.Optional;

/** One block: attention and feed-forward, each after a norm and beside a residual. */
final class TransformerLayer {
  private final MlxArray norm1;
  private final MlxArray norm2;
  private final Attention selfAttn;
  private final FeedForward gating;
  private final Optional<MlxArray> layerScale1;
  private final Optional<MlxArray> layerScale2;
  private final Kernels kernels;

  TransformerLayer(TransformerConfig config, String prefix, Weights weights, Kernels kernels) {
    norm1 = weights.tensor(prefix + "norm1.weight", config.dim());
    norm2 = weights.tensor(prefix + "norm2.weight", config.dim());
    selfAttn = new Attention(config, prefix + "self_attn.", weights, kernels);
    gating = new FeedForward(config, prefix + "gating.", weights, kernels);
    layerScale1 = layerScale(config, prefix + "layer_scale_1.scale", weights);
    layerScale2 = layerScale(config, prefix + "layer_scale_2.scale", weights);
    this.kernels = kernels;
  }

  /** As {@link Attention#apply}. */
  MlxArray apply(
      MlxArray x, Optional<Rotary.Angles> angles, KvCache cache, Optional<MlxArray> mask) {
    MlxArray attended = selfAttn.apply(kernels.rmsNorm(x, norm1), angles, cache, mask);
    MlxArray residual = add(x, scaled(attended, layerScale1));
    return add(residual, scaled(gating.apply(kernels.rmsNorm(residual, norm2)), layerScale2));
  }

  private static Optional<MlxArray> layerScale(
      TransformerConfig config, String key, Weights weights) {
    return config.layerScale() ? Optional.of(weights.tensor(key, config.dim())) : Optional.empty();
  }

  private static MlxArray scaled(MlxArray x, Optional<MlxArray> scale) {
    return scale.isPresent() ? multiply(x, scale.get()) : x;
  }
}
