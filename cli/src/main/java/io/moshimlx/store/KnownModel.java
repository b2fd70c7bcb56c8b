package io.moshimlx.store;

import io.moshimlx.checkpoint.Precision;
import io.moshimlx.hub.RepoId;

/**
 * A model of the catalogue.
 *
 * @param family its name without the precision
 * @param precision of the weights
 * @param task what it does, in a few words
 * @param repository where it is
 * @param weightBytes the size of the language model's weights
 * @param unreadBytes how much of that no conversation reads
 * @param codecBytes the size of codec and tokenizer
 * @param cacheValues how many values its KV cache holds when it is full
 * @param license of the weights
 * @param gated whether the repository opens only to those who accept its conditions
 */
public record KnownModel(
    String family,
    Precision precision,
    String task,
    RepoId repository,
    long weightBytes,
    long unreadBytes,
    long codecBytes,
    long cacheValues,
    String license,
    boolean gated) {

  /** The same model once it is quantised; what no conversation reads is then left out. */
  public KnownModel quantized(Precision to) {
    long bytes = to.bytesFrom(weightBytes - unreadBytes);
    return new KnownModel(
        family, to, task, repository, bytes, 0, codecBytes, cacheValues, license, gated);
  }

  /** The name that it goes by, e.g. {@code moshiko-q4}. */
  public String name() {
    return family + "-" + precision.label();
  }

  /** Whether its licence forbids commercial use. */
  public boolean nonCommercial() {
    return license.contains("-NC");
  }

  /** What has to be downloaded. */
  public long downloadBytes() {
    return weightBytes + codecBytes;
  }
}
