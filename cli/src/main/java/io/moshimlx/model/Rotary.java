package io.moshimlx.model;

import static io.moshimlx.mlx.Creation.arange;
import static io.moshimlx.mlx.Creation.zeros;
import static io.moshimlx.mlx.Elementwise.cos;
import static io.moshimlx.mlx.Elementwise.exp;
import static io.moshimlx.mlx.Elementwise.multiply;
import static io.moshimlx.mlx.Elementwise.sin;
import static io.moshimlx.mlx.Shapes.reshape;
import static io.moshimlx.mlx.Shapes.stack;

import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.MlxArray;

/**
 * Rotary position embedding over interleaved pairs: pair i of a head at position p is turned by p ·
 * maxPeriod^(-2i / headDim). The angles are computed once a step, for all layers.
 *
 * @see <a href="https://arxiv.org/abs/2104.09864">RoFormer</a>
 */
final class Rotary implements AutoCloseable {
  private final float maxPeriod;

  /** [3, 1, 1, headDim / 2]: of queries, keys, and the values, which stay as they are. */
  private final MlxArray frequencies;

  /** To be made within a scope. */
  Rotary(TransformerConfig config) {
    int pairs = config.headDim() / 2;
    maxPeriod = (float) config.maxPeriod();
    float decay = (float) (-Math.log(config.maxPeriod()) / pairs);
    MlxArray turning = exp(multiply(arange(0, pairs, 1, DType.FLOAT32), decay));
    MlxArray still = zeros(DType.FLOAT32, pairs);
    frequencies = reshape(stack(0, turning, turning, still), 3, 1, 1, pairs).retain();
  }

  /**
   * The angles of a block of steps.
   *
   * @param position of its first step
   * @param cos [3, 1, steps, headDim / 2]
   * @param sin as {@code cos}
   */
  record Angles(float maxPeriod, int position, MlxArray cos, MlxArray sin) {}

  Angles angles(int position, int steps) {
    MlxArray positions =
        reshape(arange(position, (double) position + steps, 1, DType.FLOAT32), steps, 1);
    MlxArray angles = multiply(frequencies, positions);
    return new Angles(maxPeriod, position, cos(angles), sin(angles));
  }

  @Override
  public void close() {
    frequencies.close();
  }
}
