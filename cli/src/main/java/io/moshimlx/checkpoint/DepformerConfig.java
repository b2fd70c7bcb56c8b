package io.moshimlx.checkpoint;

import java.util.List;
import java.util.OptionalInt;

/**
 * The depformer's configuration.
 *
 * @param transformer the transformer of each slice
 * @param slices audio codebooks that it writes, each with a slice of its own; 0 for a model that
 *     only writes text
 * @param lowRank width of the embedding tables, where it is less than that of the transformer
 * @param weightSchedule for each slice of the file the index of its weights: slices may share those
 *     of attention, feed-forward and input, of which PyTorch's layout keeps one copy. A file may
 *     have more slices than are needed: they are left unread
 */
public record DepformerConfig(
    TransformerConfig transformer, int slices, OptionalInt lowRank, List<Integer> weightSchedule) {

  /** Slices of the file ({@code dep_q}), of which the first {@link #slices} are needed. */
  public int storedSlices() {
    return weightSchedule.size();
  }

  /** How many sets of weights the slices have. */
  int weightSets() {
    return weightSchedule.stream().mapToInt(p -> p + 1).max().orElse(0);
  }
}
