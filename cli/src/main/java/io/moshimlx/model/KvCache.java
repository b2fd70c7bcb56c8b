package io.moshimlx.model;

import io.moshimlx.mlx.MlxArray;
import java.util.Optional;

/**
 * The keys and values of one attention layer that later steps attend to.
 *
 * <p>Keys are rotated before they come here and attention ignores order, so the places of a cache
 * are in no particular order.
 */
interface KvCache {

  /** Steps that were appended so far: the position of the next one. */
  int offset();

  /**
   * Which places a block of steps may attend to, to be asked for before {@link #append}.
   *
   * @param steps in the block
   * @return booleans [steps, visible places after the block], or empty where all may see all
   */
  Optional<MlxArray> mask(int steps);

  /**
   * Adds the keys and values of a block of steps.
   *
   * @param kv [1, 2 × heads, steps, headDim], keys first; of a batch the heads of all
   * @return [1, 2 × heads, n, headDim], of which the first {@link #visible()} ≤ n places count
   */
  MlxArray append(MlxArray kv);

  /** How many places of {@link #append}'s last result are filled. */
  int visible();
}
