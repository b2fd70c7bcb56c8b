package io.moshimlx.model;

import static io.moshimlx.mlx.Shapes.concatenate;

import io.moshimlx.mlx.MlxArray;
import java.util.Optional;

/**
 * The depformer's cache: it lives for one step of the model and grows by one place for each
 * codebook, so it is simply concatenated.
 */
final class StepKvCache implements KvCache {
  private MlxArray kv;

  /** Begins the next step. */
  void clear() {
    kv = null;
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
