package io.moshimlx.model;

import io.moshimlx.checkpoint.TransformerConfig;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.Transforms;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** A stack of layers ({@code transformer}). */
final class Transformer {
  private final List<TransformerLayer> layers;
  private final Optional<Rotary> rotary;
  private final boolean early;

  /**
   * A transformer of a model.
   *
   * @param early whether a layer is begun while the next one is built. Small layers then wait for
   *     one another more than they gain.
   */
  Transformer(TransformerConfig config, String prefix, Layers layers, boolean early) {
    this.early = early;
    rotary = config.rotary() ? Optional.of(layers.rotary(config)) : Optional.empty();
    this.layers =
        IntStream.range(0, config.numLayers())
            .mapToObj(i -> new TransformerLayer(config, prefix + "layers." + i + ".", layers))
            .toList();
  }

  /**
   * Runs a block of steps through all layers.
   *
   * @param x [batch, steps, dim]
   * @param caches one a layer, all at the same step
   * @return [batch, steps, dim]
   */
  MlxArray apply(MlxArray x, List<? extends KvCache> caches) {
    KvCache first = caches.getFirst();
    int steps = x.dim(1);
    Optional<Rotary.Angles> angles = rotary.map(r -> r.angles(first.offset(), steps));
    Optional<MlxArray> mask = first.mask(steps);
    MlxArray y = x;
    for (int i = 0; i < layers.size(); i++) {
      y = layers.get(i).apply(y, angles, caches.get(i), mask);
      if (early) {
        Transforms.asyncEval(y);
      }
    }
    return y;
  }
}
