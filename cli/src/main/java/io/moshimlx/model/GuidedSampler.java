package io.moshimlx.model;

import static io.moshimlx.mlx.Elementwise.multiply;
import static io.moshimlx.mlx.Elementwise.subtract;
import static io.moshimlx.mlx.Shapes.split;

import io.moshimlx.mlx.MlxArray;

/**
 * Classifier-free guidance: chooses from what one condition says and another does not. Its logits
 * are those of the wanted condition, then those of the unwanted one, [2 × vocabulary].
 *
 * @param cfgCoef how far to go from the unwanted towards the wanted: 1 ends there, more leads on
 * @see <a href="https://arxiv.org/abs/2207.12598">Classifier-free diffusion guidance</a>
 */
record GuidedSampler(Sampler sampler, float cfgCoef) implements Sampler {
  @Override
  public MlxArray sample(MlxArray logits) {
    MlxArray[] both = split(logits, 2, 0);
    return sampler.sample(subtract(multiply(both[0], cfgCoef), multiply(both[1], cfgCoef - 1)));
  }

  @Override
  public void drawn(int token) {
    sampler.drawn(token);
  }
}
