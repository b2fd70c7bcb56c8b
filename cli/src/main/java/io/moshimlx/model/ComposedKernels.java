package io.moshimlx.model;

import static io.moshimlx.mlx.Creation.ones;
import static io.moshimlx.mlx.Elementwise.add;
import static io.moshimlx.mlx.Elementwise.astype;
import static io.moshimlx.mlx.Elementwise.multiply;
import static io.moshimlx.mlx.Elementwise.rsqrt;
import static io.moshimlx.mlx.Elementwise.square;
import static io.moshimlx.mlx.Linalg.gatherQmm;
import static io.moshimlx.mlx.Linalg.matmul;
import static io.moshimlx.mlx.Logic.where;
import static io.moshimlx.mlx.Reductions.softmax;
import static io.moshimlx.mlx.Reductions.sum;
import static io.moshimlx.mlx.Shapes.contiguous;
import static io.moshimlx.mlx.Shapes.expandDims;
import static io.moshimlx.mlx.Shapes.reshape;
import static io.moshimlx.mlx.Shapes.squeeze;
import static io.moshimlx.mlx.Shapes.swapaxes;
import static io.moshimlx.mlx.Shapes.transpose;
import static io.moshimlx.mlx.Shapes.view;

import io.moshimlx.checkpoint.TransformerConfig;
import io.moshimlx.mlx.CompiledKernels;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.MlxFunction;
import io.moshimlx.mlx.MlxScope;
import io.moshimlx.mlx.Transforms;
import io.moshimlx.mlx.nn.QuantizedEmbedding;
import io.moshimlx.mlx.nn.UnaryLayer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The pieces composed of primitives and, where that can be done, compiled: for a CPU in float32,
 * where MLX runs its {@code fast} functions primitive by primitive.
 */
final class ComposedKernels implements Kernels {
  /** To be raised when a compiled piece changes, for compiled kernels are kept by it. */
  private static final String KERNEL_SET = "1";

  private final Owned owned;
  private final RmsNorm rmsNorm;
  private final UnaryOperator<MlxArray> siluGate;

  @FunctionalInterface
  private interface RmsNorm {
    MlxArray apply(MlxArray x, MlxArray weight, MlxArray inverseDim);
  }

  ComposedKernels(Owned owned) {
    this(owned, missing().isEmpty());
  }

  private ComposedKernels(Owned owned, boolean compiled) {
    this.owned = owned;
    if (compiled) {
      MlxFunction norm = owned.compile(in -> composedRmsNorm(in[0], in[1], in[2]));
      MlxFunction gate = owned.compile(in -> Kernels.composedSiluGate(in[0]));
      rmsNorm = norm::apply1;
      siluGate = gate::apply1;
    } else {
      rmsNorm = ComposedKernels::composedRmsNorm;
      siluGate = Kernels::composedSiluGate;
    }
  }

  /** Why the pieces are not compiled on a CPU; empty where they are. */
  static Optional<CompiledKernels.Missing> missing() {
    return CompiledKernels.load(KERNEL_SET, ComposedKernels::useAll);
  }

  /** One step has other kernels than several, or several sequences. */
  private static void useAll() {
    try (MlxScope _ = MlxScope.open();
        Owned owned = new Owned()) {
      Kernels kernels = new ComposedKernels(owned, true);
      UnaryLayer norm = kernels.rmsNorm(ones(DType.FLOAT32, 4));
      for (int steps : new int[] {1, 2}) {
        MlxArray x = ones(DType.FLOAT32, 1, steps, 4);
        Transforms.eval(List.of(norm.apply(x), kernels.siluGate(x)));
      }
    }
  }

  /** The mean is a product with 1 / dim: as a constant it would make a kernel for every width. */
  @Override
  public UnaryLayer rmsNorm(MlxArray weight) {
    MlxArray inverseDim = owned.keep(MlxArray.scalar(1f / weight.dim(0)));
    return x -> rmsNorm.apply(x, weight, inverseDim);
  }

  private static MlxArray composedRmsNorm(MlxArray x, MlxArray weight, MlxArray inverseDim) {
    MlxArray wide = astype(x, DType.FLOAT32);
    MlxArray mean = multiply(sum(square(wide), -1, true), inverseDim);
    MlxArray scale = rsqrt(add(mean, RMS_NORM_EPS));
    return multiply(astype(multiply(wide, scale), x.dtype()), weight);
  }

  @Override
  public MlxArray siluGate(MlxArray x) {
    return siluGate.apply(x);
  }

  /** BLAS takes twice the time for a weight that is only turned by its strides. */
  @Override
  public MlxArray transposed(MlxArray weight) {
    return expandDims(contiguous(transpose(weight)), 0);
  }

  /**
   * To dequantise takes two dozen primitives. A product does it in one: of a 1 and, in a stack of
   * matrices of one row, the one that the id names.
   */
  @Override
  public UnaryLayer lookup(QuantizedEmbedding table) {
    MlxArray one = owned.keep(ones(DType.FLOAT32, 1, 1));
    MlxArray weight = owned.keep(stacked(table.weight()));
    MlxArray scales = owned.keep(stacked(table.scales()));
    MlxArray biases = owned.keep(stacked(table.biases()));
    return ids ->
        squeeze(
            gatherQmm(
                one, weight, scales, biases, null, ids, false, table.groupSize(), table.bits()),
            -2);
  }

  /** [rows, n] to [rows, 1, n]. */
  private static MlxArray stacked(MlxArray table) {
    return reshape(table, table.dim(0), 1, table.dim(1));
  }

  /** The queries come scaled: that spares attention a product and its broadcast. */
  @Override
  public UnaryLayer queriesKeysValues(String key, TransformerConfig config, Layers layers) {
    int dim = config.dim();
    float[] factors = new float[3 * dim];
    Arrays.fill(factors, 1);
    Arrays.fill(factors, 0, dim, Kernels.scale(config.headDim()));
    return layers.linear(key, dim, MlxArray.of(factors, 3 * dim, 1));
  }

  /** A pair is a complex number, and turning it is one product. */
  @Override
  public MlxArray rotate(MlxArray qkv, Rotary.Angles angles, int heads) {
    MlxArray pairs = view(qkv, DType.COMPLEX64);
    return Heads.split(view(multiply(pairs, angles.turns()), DType.FLOAT32), heads);
  }

  @Override
  public MlxArray attention(MlxArray q, MlxArray k, MlxArray v, Optional<MlxArray> mask) {
    MlxArray scores = matmul(q, swapaxes(k, 2, 3));
    if (mask.isPresent()) {
      scores = where(mask.get(), scores, MlxArray.scalar(Float.NEGATIVE_INFINITY));
    }
    return matmul(softmax(scores, -1), v);
  }
}
