package io.moshimlx.model;

import static io.moshimlx.mlx.Shapes.concatenate;

import io.moshimlx.mlx.MlxArray;
import java.util.Optional;

/**
 * The depformer's cache: it lives for one step of the model, and grows by one place for each
 * codebook, so it is simply concatenated.
 */
final class StepKvCache implements KvCache {
  private MlxArray kv;

  @Override
  public int offset() {
    return kv == null ? 0 : kv.dim(2);
  }

  @Override
  public Optional<MlxArray> mask(int steps) {
    return Optional.empty();
  }

  @Override
  public MlxArray append(MlxArray next) {
    kv = kv == null ? next : concatenate(2, kv, next);
    return kv;
  }

  @Override
  public int visible() {
    return kv.dim(2);
  }
}
