package io.moshimlx.model;

import static io.moshimlx.mlx.Creation.ones;
import static io.moshimlx.mlx.Elementwise.add;
import static io.moshimlx.mlx.Elementwise.astype;
import static io.moshimlx.mlx.Elementwise.multiply;
import static io.moshimlx.mlx.Elementwise.rsqrt;
import static io.moshimlx.mlx.Elementwise.sigmoid;
import static io.moshimlx.mlx.Elementwise.square;
import static io.moshimlx.mlx.Indexing.slice;
import static io.moshimlx.mlx.Linalg.gatherQmm;
import static io.moshimlx.mlx.Linalg.matmul;
import static io.moshimlx.mlx.Logic.where;
import static io.moshimlx.mlx.Reductions.softmax;
import static io.moshimlx.mlx.Reductions.sum;
import static io.moshimlx.mlx.Shapes.concatenate;
import static io.moshimlx.mlx.Shapes.reshape;
import static io.moshimlx.mlx.Shapes.split;
import static io.moshimlx.mlx.Shapes.squeeze;
import static io.moshimlx.mlx.Shapes.swapaxes;
import static io.moshimlx.mlx.Shapes.transpose;
import static io.moshimlx.mlx.Shapes.view;

import io.moshimlx.checkpoint.TransformerConfig;
import io.moshimlx.checkpoint.Weights;
import io.moshimlx.mlx.CompiledKernels;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.Device;
import io.moshimlx.mlx.Fast;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.MlxFunction;
import io.moshimlx.mlx.MlxScope;
import io.moshimlx.mlx.Transforms;
import io.moshimlx.mlx.nn.QuantizedEmbedding;
import io.moshimlx.mlx.nn.UnaryLayer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The pieces of a transformer that are worth one kernel. MLX brings them for Metal; on a CPU it
 * runs them primitive by primitive, so for float32 they are written out here and, where that can be
 * done, compiled.
 *
 * <p>Belongs to the thread that made it.
 */
public final class Kernels implements AutoCloseable {
  static final float RMS_NORM_EPS = 1e-8f;

  /** To be raised when what is written out changes, for compiled kernels are kept by it. */
  private static final String WRITTEN_SET = "1";

  private final boolean written;
  private final List<MlxArray> held = new ArrayList<>();
  private final List<Width> widths = new ArrayList<>();
  private final MlxFunction rmsNorm;
  private final MlxFunction siluGate;

  /**
   * What a norm multiplies a sum with to have the mean. As a constant it would make a kernel of its
   * own for every width.
   */
  private record Width(int dim, MlxArray inverse) {}

  /**
   * To be made within a scope.
   *
   * @param written whether the pieces are those written out here, or MLX's
   */
  Kernels(boolean written) {
    boolean compiled = !onCpu() || (written && missing().isEmpty());
    this(written, compiled);
  }

  private Kernels(boolean written, boolean compiled) {
    this.written = written;
    rmsNorm = compiled && written ? compile(in -> writtenRmsNorm(in[0], in[1], in[2])) : null;
    siluGate = compiled ? compile(in -> writtenSiluGate(in[0])) : null;
  }

  private static boolean onCpu() {
    return Device.getDefault() == Device.Type.CPU;
  }

  private static MlxFunction compile(Function<MlxArray[], MlxArray> function) {
    return Transforms.compile(in -> new MlxArray[] {function.apply(in)}, false);
  }

  /** Why what is written out is not compiled on a CPU. */
  static Optional<CompiledKernels.Missing> missing() {
    return CompiledKernels.load(WRITTEN_SET, Kernels::useAll);
  }

  /** One step has other kernels than several, or several sequences. */
  private static void useAll() {
    try (MlxScope _ = MlxScope.open();
        Kernels kernels = new Kernels(true, true)) {
      for (int steps : new int[] {1, 2}) {
        MlxArray x = ones(DType.FLOAT32, 1, steps, 4);
        Transforms.eval(List.of(kernels.rmsNorm(x, ones(DType.FLOAT32, 4)), kernels.siluGate(x)));
      }
    }
  }

  /**
   * Has a CPU compute what is built so far while more is built. A GPU is left to itself: what it
   * would gain has not been measured.
   */
  void begin(MlxArray x) {
    if (written) {
      Transforms.asyncEval(x);
    }
  }

  /** x · w / rms(x) over the last axis. */
  MlxArray rmsNorm(MlxArray x, MlxArray weight) {
    if (!written) {
      return Fast.rmsNorm(x, weight, RMS_NORM_EPS);
    }
    MlxArray inverse = inverse(weight.dim(0));
    return rmsNorm == null
        ? writtenRmsNorm(x, weight, inverse)
        : rmsNorm.apply1(x, weight, inverse);
  }

  private MlxArray inverse(int dim) {
    for (int i = 0; i < widths.size(); i++) {
      if (widths.get(i).dim == dim) {
        return widths.get(i).inverse;
      }
    }
    MlxArray inverse = hold(MlxArray.scalar(1f / dim));
    widths.add(new Width(dim, inverse));
    return inverse;
  }

  /**
   * The gate of a feed-forward.
   *
   * @param x [batch, steps, 2 × hidden], the gate first
   * @return silu(gate) · value, [batch, steps, hidden]
   */
  MlxArray siluGate(MlxArray x) {
    return siluGate == null ? writtenSiluGate(x) : siluGate.apply1(x);
  }

  /**
   * {@link #splitHeads Splits} a fused projection into heads and turns queries and keys by their
   * position.
   */
  MlxArray rotate(MlxArray qkv, Rotary.Angles angles, int heads) {
    if (written) {
      // A pair is a complex number, and turning it is one product.
      MlxArray pairs = view(qkv, DType.COMPLEX64);
      return splitHeads(view(multiply(pairs, angles.turns()), DType.FLOAT32), heads);
    }
    MlxArray split = splitHeads(qkv, heads);
    int values = split.dim(1) / 3 * 2;
    MlxArray turned =
        Fast.rope(
            slice(split, 1, 0, values),
            split.dim(3),
            true,
            angles.maxPeriod(),
            1,
            angles.position());
    return concatenate(1, turned, slice(split, 1, values, split.dim(1)));
  }

  /**
   * Splits a fused projection into heads. Each attends on its own, so those of a batch become as
   * many more heads of one: of keys and values whose batch lies apart in memory Metal's attention
   * would make a copy, the whole cache at every step.
   *
   * @param qkv [batch, steps, 3 × heads × headDim]: queries, keys, values
   * @return [1, 3 × batch × heads, steps, headDim]: all queries, all keys, all values
   */
  static MlxArray splitHeads(MlxArray qkv, int heads) {
    int batch = qkv.dim(0);
    int steps = qkv.dim(1);
    int headDim = qkv.dim(2) / (3 * heads);
    if (batch == 1 && steps == 1) {
      return reshape(qkv, 1, 3 * heads, 1, headDim);
    }
    MlxArray apart = transpose(reshape(qkv, batch, steps, 3, heads, headDim), 2, 0, 3, 1, 4);
    return reshape(apart, 1, 3 * batch * heads, steps, headDim);
  }

  /** [1, batch × heads, steps, headDim] to [batch, steps, heads × headDim]. */
  static MlxArray joinHeads(MlxArray x, int batch) {
    int heads = x.dim(1) / batch;
    int steps = x.dim(2);
    int headDim = x.dim(3);
    MlxArray inOrder =
        steps == 1 ? x : transpose(reshape(x, batch, heads, steps, headDim), 0, 2, 1, 3);
    return reshape(inOrder, batch, steps, heads * headDim);
  }

  /**
   * The way to look up the rows of an embedding.
   *
   * @return from ids of any shape to the same shape and the rows' dimension
   */
  UnaryLayer lookup(UnaryLayer table) {
    return written && table instanceof QuantizedEmbedding quantized ? product(quantized) : table;
  }

  /**
   * To dequantise takes a CPU two dozen primitives. A product does it in one: of a 1 and, in a
   * stack of matrices of one row, that which the id names.
   */
  private UnaryLayer product(QuantizedEmbedding table) {
    MlxArray one = hold(ones(DType.FLOAT32, 1, 1));
    MlxArray weight = hold(stacked(table.weight()));
    MlxArray scales = hold(stacked(table.scales()));
    MlxArray biases = hold(stacked(table.biases()));
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

  private MlxArray hold(MlxArray array) {
    held.add(array.retain());
    return array;
  }

  /**
   * The projection of an attention layer. Its queries come scaled where attention is written out:
   * that spares a product and its broadcast.
   *
   * @return to queries, keys and values, [batch, steps, 3 × dim]
   */
  UnaryLayer queriesKeysValues(String key, TransformerConfig config, Weights weights) {
    int dim = config.dim();
    if (!written) {
      return weights.linear(key, dim, 3 * dim);
    }
    float[] factors = new float[3 * dim];
    Arrays.fill(factors, 1);
    Arrays.fill(factors, 0, dim, scale(config.headDim()));
    return weights.linear(key, dim, MlxArray.of(factors, 3 * dim, 1));
  }

  private static float scale(int headDim) {
    return (float) (1 / Math.sqrt(headDim));
  }

  /**
   * Softmax attention.
   *
   * @param q as of {@link #queriesKeysValues}, [1, heads, steps, headDim]
   * @param k [1, heads, n, headDim], as {@code v}
   * @param mask booleans [steps, n], or empty where every query sees every key
   * @return [1, heads, steps, headDim]
   */
  MlxArray attention(MlxArray q, MlxArray k, MlxArray v, Optional<MlxArray> mask) {
    if (!written) {
      return Fast.scaledDotProductAttention(q, k, v, scale(q.dim(3)), mask.orElse(null));
    }
    MlxArray scores = matmul(q, swapaxes(k, 2, 3));
    if (mask.isPresent()) {
      scores = where(mask.get(), scores, MlxArray.scalar(Float.NEGATIVE_INFINITY));
    }
    return matmul(softmax(scores, -1), v);
  }

  @Override
  public void close() {
    if (rmsNorm != null) {
      rmsNorm.close();
    }
    if (siluGate != null) {
      siluGate.close();
    }
    held.forEach(MlxArray::close);
  }

  private static MlxArray writtenRmsNorm(MlxArray x, MlxArray weight, MlxArray inverse) {
    MlxArray wide = astype(x, DType.FLOAT32);
    MlxArray mean = multiply(sum(square(wide), -1, true), inverse);
    MlxArray scale = rsqrt(add(mean, RMS_NORM_EPS));
    return multiply(astype(multiply(wide, scale), x.dtype()), weight);
  }

  private static MlxArray writtenSiluGate(MlxArray x) {
    MlxArray[] halves = split(x, 2, -1);
    return multiply(multiply(halves[0], sigmoid(halves[0])), halves[1]);
  }
}
