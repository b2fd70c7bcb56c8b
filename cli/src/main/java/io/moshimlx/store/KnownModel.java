package io.moshimlx.store;

import io.moshimlx.hub.RepoId;

/**
 * A model of the catalogue.
 *
 * @param family its name without the precision
 * @param precision {@code q4}, {@code q8} or {@code bf16}
 * @param task what it does, in a few words
 * @param repository where it is
 * @param weightBytes the size of the language model's weights
 * @param unreadBytes how much of that no conversation reads
 * @param codecBytes the size of codec and tokenizer
 * @param cacheValues how many values its KV cache holds when it is full
 * @param licence of the weights
 * @param gated whether the repository opens only to those who accept its conditions
 */
public record KnownModel(
    String family,
    String precision,
    String task,
    RepoId repository,
    long weightBytes,
    long unreadBytes,
    long codecBytes,
    long cacheValues,
    String licence,
    boolean gated) {

  /** The same model quantised, to weights of so many bytes. */
  public KnownModel quantised(String to, long bytes) {
    return new KnownModel(
        family, to, task, repository, bytes, 0, codecBytes, cacheValues, licence, gated);
  }

  /** The name that it goes by, e.g. {@code moshiko-q4}. */
  public String name() {
    return family + "-" + precision;
  }

  /** Whether its licence forbids commercial use. */
  public boolean nonCommercial() {
    return licence.contains("-NC");
  }

  /** What has to be fetched. */
  public long downloadBytes() {
    return weightBytes + codecBytes;
  }
}
