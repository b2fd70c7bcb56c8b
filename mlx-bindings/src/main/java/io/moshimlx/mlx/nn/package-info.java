/**
 * Layers of neural networks, as MLX's {@code nn} names them; a record's components are named as in
 * checkpoints.
 */
package io.moshimlx.mlx.nn;
