package io.moshimlx.model;

import io.moshimlx.mlx.MlxArray;
import java.util.List;
import java.util.Optional;

/**
 * The state of one conversation with a model: the keys and values that its later steps attend to,
 * and the condition that it runs under. Made by {@link Lm#newState}; the model itself has none, so
 * that several conversations can take their steps in turn.
 *
 * @param condition what is added to Helium's input at every step, [batch, 1, dim]; empty for none
 *     and a batch of one
 * @param caches one for each layer of Helium, all at the same step
 */
record LmState(Optional<MlxArray> condition, List<RingKvCache> caches) implements AutoCloseable {

  /** The arrays that live on from step to step; to be evaluated with the results of a step. */
  List<MlxArray> arrays() {
    return caches.stream().map(RingKvCache::ring).toList();
  }

  @Override
  public void close() {
    caches.forEach(RingKvCache::close);
    condition.ifPresent(MlxArray::close);
  }
}
