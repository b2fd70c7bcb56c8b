package io.moshimlx.checkpoint;

import static io.moshimlx.mlx.Elementwise.multiply;
import static io.moshimlx.mlx.Indexing.slice;

import io.moshimlx.mlx.MlxArray;

/** A matrix in the form in which a checkpoint stores it. Its arrays belong to the open scope. */
public sealed interface Matrix {

  int rows();

  /** The rows from one on, before another. */
  Matrix rows(int from, int to);

  /**
   * The matrix with its rows multiplied.
   *
   * @param factors one for each row, [rows, 1]
   */
  Matrix scaled(MlxArray factors);

  /**
   * Floating-point values.
   *
   * @param values [rows, columns]
   */
  record Plain(MlxArray values) implements Matrix {
    @Override
    public int rows() {
      return values.dim(0);
    }

    @Override
    public Matrix rows(int from, int to) {
      return new Plain(slice(values, 0, from, to));
    }

    @Override
    public Matrix scaled(MlxArray factors) {
      return new Plain(multiply(values, factors));
    }
  }

  /**
   * Quantised values, in groups that share a scale and a bias.
   *
   * @param weight uint32 [rows, columns × bits / 32]
   * @param scales [rows, columns / groupSize]
   * @param biases [rows, columns / groupSize]
   */
  record Quantized(MlxArray weight, MlxArray scales, MlxArray biases, int groupSize, int bits)
      implements Matrix {
    @Override
    public int rows() {
      return weight.dim(0);
    }

    @Override
    public Matrix rows(int from, int to) {
      return new Quantized(
          slice(weight, 0, from, to),
          slice(scales, 0, from, to),
          slice(biases, 0, from, to),
          groupSize,
          bits);
    }

    @Override
    public Matrix scaled(MlxArray factors) {
      return new Quantized(
          weight, multiply(scales, factors), multiply(biases, factors), groupSize, bits);
    }
  }
}
