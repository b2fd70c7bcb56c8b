package io.moshimlx.model;

import io.moshimlx.checkpoint.Matrix;
import io.moshimlx.checkpoint.TransformerConfig;
import io.moshimlx.checkpoint.Weights;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.nn.Embedding;
import io.moshimlx.mlx.nn.Linear;
import io.moshimlx.mlx.nn.QuantizedEmbedding;
import io.moshimlx.mlx.nn.QuantizedLinear;
import io.moshimlx.mlx.nn.SplitLinear;
import io.moshimlx.mlx.nn.UnaryLayer;
import java.util.OptionalLong;

/** Makes the layers of a model out of its weights, in the way that suits the device. */
final class Layers {
  private final Weights weights;
  private final Kernels kernels;
  private final OptionalLong splitFrom;
  private final Owned owned;
  private long bytesRead;

  /**
   * Within a scope.
   *
   * @param splitFrom as of {@link ComputePlan}
   * @param owned takes the layers' arrays
   */
  Layers(Weights weights, Kernels kernels, OptionalLong splitFrom, Owned owned) {
    this.weights = weights;
    this.kernels = kernels;
    this.splitFrom = splitFrom;
    this.owned = owned;
  }

  Kernels kernels() {
    return kernels;
  }

  /** Bytes of weights that are read where each layer runs once; of an embedding, a row a key. */
  long bytesRead() {
    return bytesRead;
  }

  MlxArray tensor(String key, int... shape) {
    return keep(weights.tensor(key, shape));
  }

  /** An RMS norm whose weight, [dim], has this key. */
  UnaryLayer rmsNorm(String key, int dim) {
    return kernels.rmsNorm(tensor(key, dim));
  }

  /** A linear layer without bias. */
  UnaryLayer linear(String key, int in, int out) {
    return linear(in, new Weights.Rows(key, out));
  }

  /** A linear layer without bias, whose output is that of the given keys one after another. */
  UnaryLayer linear(int in, Weights.Rows... rows) {
    return linear(in, weights.matrix(in, rows));
  }

  /** A layer whose outputs are multiplied by factors, [out, 1], which is done to its weights. */
  UnaryLayer linear(String key, int in, MlxArray factors) {
    return linear(in, weights.matrix(in, new Weights.Rows(key, factors.dim(0))).scaled(factors));
  }

  private UnaryLayer linear(int in, Matrix matrix) {
    int out = matrix.rows();
    return splitFrom.isPresent() && (long) in * out >= splitFrom.getAsLong()
        ? new SplitLinear(linear(matrix.rows(0, out / 2)), linear(matrix.rows(out / 2, out)))
        : linear(matrix);
  }

  private UnaryLayer linear(Matrix matrix) {
    return switch (matrix) {
      case Matrix.Plain plain -> new Linear(keep(kernels.transposed(plain.values())), null);
      case Matrix.Quantized quantized ->
          new QuantizedLinear(
              keep(quantized.weight()),
              keep(quantized.scales()),
              keep(quantized.biases()),
              null,
              quantized.groupSize(),
              quantized.bits());
    };
  }

  /** An embedding whose table is those of the given keys one below another. */
  UnaryLayer embedding(int dim, Weights.Rows... rows) {
    return switch (weights.matrix(dim, rows)) {
      case Matrix.Plain plain -> new Embedding(keepTable(plain.values(), rows.length));
      case Matrix.Quantized quantized ->
          kernels.lookup(
              new QuantizedEmbedding(
                  keepTable(quantized.weight(), rows.length),
                  keepTable(quantized.scales(), rows.length),
                  keepTable(quantized.biases(), rows.length),
                  quantized.groupSize(),
                  quantized.bits()));
    };
  }

  /** The rotation of a transformer's queries and keys. */
  Rotary rotary(TransformerConfig config) {
    return new Rotary(config, owned);
  }

  private MlxArray keep(MlxArray array) {
    bytesRead += array.nbytes();
    return owned.keep(array);
  }

  private MlxArray keepTable(MlxArray table, int rowsRead) {
    bytesRead += table.nbytes() / table.dim(0) * rowsRead;
    return owned.keep(table);
  }
}
