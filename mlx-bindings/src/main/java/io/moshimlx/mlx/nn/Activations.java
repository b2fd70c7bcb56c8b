package io.moshimlx.mlx.nn;

import static io.moshimlx.mlx.Elementwise.add;
import static io.moshimlx.mlx.Elementwise.divide;
import static io.moshimlx.mlx.Elementwise.erf;
import static io.moshimlx.mlx.Elementwise.multiply;
import static io.moshimlx.mlx.Elementwise.sigmoid;

import io.moshimlx.mlx.MlxArray;

/** Activation functions. */
public final class Activations {
  private static final float SQRT_2 = (float) Math.sqrt(2);

  private Activations() {}

  /** x sigmoid(x) */
  public static MlxArray silu(MlxArray x) {
    return multiply(x, sigmoid(x));
  }

  /** x (1 + erf(x / √2)) / 2: the exact one. */
  public static MlxArray gelu(MlxArray x) {
    return divide(multiply(x, add(erf(divide(x, SQRT_2)), 1f)), 2f);
  }
}
