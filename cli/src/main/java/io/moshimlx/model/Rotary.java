package io.moshimlx.model;

import static io.moshimlx.mlx.Creation.arange;
import static io.moshimlx.mlx.Creation.zeros;
import static io.moshimlx.mlx.Elementwise.cos;
import static io.moshimlx.mlx.Elementwise.exp;
import static io.moshimlx.mlx.Elementwise.multiply;
import static io.moshimlx.mlx.Elementwise.sin;
import static io.moshimlx.mlx.Shapes.broadcastTo;
import static io.moshimlx.mlx.Shapes.concatenate;
import static io.moshimlx.mlx.Shapes.flatten;
import static io.moshimlx.mlx.Shapes.reshape;
import static io.moshimlx.mlx.Shapes.stack;
import static io.moshimlx.mlx.Shapes.view;

import io.moshimlx.checkpoint.TransformerConfig;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.MlxArray;

/**
 * Rotary position embedding over interleaved pairs: pair i of a head at position p is turned by p ·
 * maxPeriod^(-2i / headDim). The angles are computed once a step, for all layers.
 *
 * @see <a href="https://arxiv.org/abs/2104.09864">RoFormer</a>
 */
final class Rotary {
  private final float maxPeriod;

  /** [3 × heads × headDim / 2]: of queries, keys, and the values, which stay as they are. */
  private final MlxArray frequencies;

  /** Within a scope. */
  Rotary(TransformerConfig config, Owned owned) {
    int pairs = config.headDim() / 2;
    maxPeriod = (float) config.maxPeriod();
    float decay = (float) (-Math.log(config.maxPeriod()) / pairs);
    MlxArray turning = exp(multiply(arange(0, pairs, 1, DType.FLOAT32), decay));
    MlxArray perHead = broadcastTo(turning, 2 * config.numHeads(), pairs);
    MlxArray still = zeros(DType.FLOAT32, config.numHeads(), pairs);
    frequencies = owned.keep(flatten(concatenate(0, perHead, still)));
  }

  /** The angles of a block of steps; belongs to the scope in which it is first used. */
  final class Angles {
    private final int position;
    private final int steps;
    private MlxArray turns;

    private Angles(int position, int steps) {
      this.position = position;
      this.steps = steps;
    }

    float maxPeriod() {
      return maxPeriod;
    }

    /** Of the first step. */
    int position() {
      return position;
    }

    /**
     * Computed when they are first asked for, which MLX's kernel never does: cos + i sin of each
     * pair of a fused projection, [1, steps, 3 × heads × headDim / 2].
     */
    MlxArray turns() {
      if (turns == null) {
        MlxArray positions =
            reshape(arange(position, (double) position + steps, 1, DType.FLOAT32), 1, steps, 1);
        MlxArray angles = multiply(positions, frequencies);
        turns = view(flatten(stack(-1, cos(angles), sin(angles)), 2, 3), DType.COMPLEX64);
      }
      return turns;
    }
  }

  Angles angles(int position, int steps) {
    return new Angles(position, steps);
  }
}
