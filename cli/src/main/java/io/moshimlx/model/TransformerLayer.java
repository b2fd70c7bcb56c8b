package io.moshimlx.model;

import static io.moshimlx.mlx.Elementwise.add;
import static io.moshimlx.mlx.Elementwise.multiply;

import io.moshimlx.checkpoint.TransformerConfig;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.nn.UnaryLayer;
import java.util.Optional;

/** One block: attention and feed-forward, each after a norm and beside a residual. */
final class TransformerLayer {
  private final UnaryLayer norm1;
  private final UnaryLayer norm2;
  private final Attention selfAttn;
  private final FeedForward gating;
  private final Optional<MlxArray> layerScale1;
  private final Optional<MlxArray> layerScale2;

  TransformerLayer(TransformerConfig config, String prefix, Layers layers) {
    norm1 = layers.rmsNorm(prefix + "norm1.weight", config.dim());
    norm2 = layers.rmsNorm(prefix + "norm2.weight", config.dim());
    selfAttn = new Attention(config, prefix + "self_attn.", layers);
    gating = new FeedForward(config, prefix + "gating.", layers);
    layerScale1 = layerScale(config, prefix + "layer_scale_1.scale", layers);
    layerScale2 = layerScale(config, prefix + "layer_scale_2.scale", layers);
  }

  /** As {@link Attention#apply}. */
  MlxArray apply(
      MlxArray x, Optional<Rotary.Angles> angles, KvCache cache, Optional<MlxArray> mask) {
    MlxArray attended = selfAttn.apply(norm1.apply(x), angles, cache, mask);
    MlxArray residual = add(x, scaled(attended, layerScale1));
    return add(residual, scaled(gating.apply(norm2.apply(residual)), layerScale2));
  }

  private static Optional<MlxArray> layerScale(
      TransformerConfig config, String key, Layers layers) {
    return config.layerScale() ? Optional.of(layers.tensor(key, config.dim())) : Optional.empty();
  }

  private static MlxArray scaled(MlxArray x, Optional<MlxArray> scale) {
    return scale.isPresent() ? multiply(x, scale.get()) : x;
  }
}
