package io.moshimlx.model;

import static io.moshimlx.mlx.Indexing.slice;
import static io.moshimlx.mlx.Shapes.concatenate;
import static io.moshimlx.mlx.Shapes.transpose;

import io.moshimlx.checkpoint.TransformerConfig;
import io.moshimlx.mlx.Device;
import io.moshimlx.mlx.Fast;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.MlxFunction;
import io.moshimlx.mlx.nn.QuantizedEmbedding;
import io.moshimlx.mlx.nn.UnaryLayer;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** MLX's {@code fast} functions: one kernel each on a GPU, and right on every device. */
final class FastKernels implements Kernels {
  private final UnaryOperator<MlxArray> siluGate;

  FastKernels(Owned owned) {
    if (Device.getDefault() == Device.Type.GPU) {
      MlxFunction compiled = owned.compile(in -> Kernels.composedSiluGate(in[0]));
      siluGate = compiled::apply1;
    } else {
      siluGate = Kernels::composedSiluGate;
    }
  }

  @Override
  public UnaryLayer rmsNorm(MlxArray weight) {
    return x -> Fast.rmsNorm(x, weight, RMS_NORM_EPS);
  }

  @Override
  public MlxArray siluGate(MlxArray x) {
    return siluGate.apply(x);
  }

  @Override
  public MlxArray transposed(MlxArray weight) {
    return transpose(weight);
  }

  @Override
  public UnaryLayer lookup(QuantizedEmbedding table) {
    return table;
  }

  @Override
  public UnaryLayer queriesKeysValues(String key, TransformerConfig config, Layers layers) {
    return layers.linear(key, config.dim(), 3 * config.dim());
  }

  @Override
  public MlxArray rotate(MlxArray qkv, Rotary.Angles angles, int heads) {
    MlxArray split = Heads.split(qkv, heads);
    int values = split.dim(1) / 3 * 2;
    MlxArray turned =
        Fast.rope(
            slice(split, 1, 0, values),
            split.dim(3),
            true,
            angles.maxPeriod(),
            1,
            angles.position());
    return concatenate(1, turned, slice(split, 1, values, split.dim(1)));
  }

  @Override
  public MlxArray attention(MlxArray q, MlxArray k, MlxArray v, Optional<MlxArray> mask) {
    return Fast.scaledDotProductAttention(q, k, v, Kernels.scale(q.dim(3)), mask.orElse(null));
  }
}
