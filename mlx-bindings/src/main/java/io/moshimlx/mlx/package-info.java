/**
 * MLX for Java: lazy arrays, their operations, and what belongs to them, over the C interface of
 * MLX.
 *
 * <p>An {@link io.moshimlx.mlx.MlxArray} is a handle of a node in a lazy graph; nothing is computed
 * before {@link io.moshimlx.mlx.Transforms#eval} or a read-back. Handles belong to the innermost
 * open {@link io.moshimlx.mlx.MlxScope} of the thread that made them, and no other thread may use
 * them.
 */
package io.moshimlx.mlx;
