package io.moshimlx.model;

import static io.moshimlx.mlx.Elementwise.add;
import static io.moshimlx.mlx.Elementwise.astype;
import static io.moshimlx.mlx.Elementwise.multiply;
import static io.moshimlx.mlx.Elementwise.rsqrt;
import static io.moshimlx.mlx.Elementwise.sigmoid;
import static io.moshimlx.mlx.Elementwise.square;
import static io.moshimlx.mlx.Elementwise.subtract;
import static io.moshimlx.mlx.Indexing.slice;
import static io.moshimlx.mlx.Linalg.matmul;
import static io.moshimlx.mlx.Logic.where;
import static io.moshimlx.mlx.Reductions.mean;
import static io.moshimlx.mlx.Reductions.softmax;
import static io.moshimlx.mlx.Shapes.concatenate;
import static io.moshimlx.mlx.Shapes.reshape;
import static io.moshimlx.mlx.Shapes.squeeze;
import static io.moshimlx.mlx.Shapes.stack;
import static io.moshimlx.mlx.Shapes.swapaxes;
import static io.moshimlx.mlx.Shapes.transpose;

import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.Fast;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.MlxFunction;
import io.moshimlx.mlx.Transforms;
import java.util.Optional;

/**
 * The pieces of a transformer that are worth one kernel. MLX brings them for Metal; on a CPU it
 * runs them primitive by primitive, so for float32 they are written out here and compiled.
 *
 * <p>Belongs to the thread that made it.
 */
final class Kernels implements AutoCloseable {
  static final float RMS_NORM_EPS = 1e-8f;

  private final boolean written;
  private final MlxFunction rmsNorm =
      Transforms.compile(in -> new MlxArray[] {writtenRmsNorm(in[0], in[1])}, false);
  private final MlxFunction siluGate =
      Transforms.compile(in -> new MlxArray[] {writtenSiluGate(in[0])}, false);
  private final MlxFunction rotate =
      Transforms.compile(in -> new MlxArray[] {writtenRotate(in[0], in[1], in[2])}, false);

  /**
   * To be made within a scope.
   *
   * @param written whether the pieces are those written out here, or MLX's
   */
  Kernels(boolean written) {
    this.written = written;
  }

  /** x · w / rms(x) over the last axis. */
  MlxArray rmsNorm(MlxArray x, MlxArray weight) {
    return written ? rmsNorm.apply1(x, weight) : Fast.rmsNorm(x, weight, RMS_NORM_EPS);
  }

  /**
   * The gate of a feed-forward.
   *
   * @param x [batch, steps, 2 × hidden], the gate first
   * @return silu(gate) · value, [batch, steps, hidden]
   */
  MlxArray siluGate(MlxArray x) {
    return siluGate.apply1(x);
  }

  /**
   * Splits a fused projection into heads and turns queries and keys by their position.
   *
   * @param qkv [batch, steps, 3 × heads × headDim]: queries, keys, values
   * @return [batch, 3 × heads, steps, headDim]
   */
  MlxArray rotate(MlxArray qkv, Rotary.Angles angles, int heads) {
    if (written) {
      return rotate.apply1(qkv, angles.cos(), angles.sin());
    }
    MlxArray split = splitHeads(qkv, 3 * heads);
    MlxArray turned =
        Fast.rope(
            slice(split, 1, 0, 2 * heads),
            split.dim(3),
            true,
            angles.maxPeriod(),
            1,
            angles.position());
    return concatenate(1, turned, slice(split, 1, 2 * heads, 3 * heads));
  }

  /** [batch, steps, heads × headDim] to [batch, heads, steps, headDim]. */
  static MlxArray splitHeads(MlxArray x, int heads) {
    return transpose(reshape(x, x.dim(0), x.dim(1), heads, x.dim(2) / heads), 0, 2, 1, 3);
  }

  /**
   * Softmax attention.
   *
   * @param q [batch, heads, steps, headDim]
   * @param k [batch, heads, n, headDim], as {@code v}
   * @param mask booleans [steps, n], or empty where every query sees every key
   * @return [batch, heads, steps, headDim]
   */
  MlxArray attention(MlxArray q, MlxArray k, MlxArray v, Optional<MlxArray> mask) {
    float scale = (float) (1 / Math.sqrt(q.dim(3)));
    if (!written) {
      return Fast.scaledDotProductAttention(q, k, v, scale, mask.orElse(null));
    }
    MlxArray scores = matmul(multiply(q, scale), swapaxes(k, 2, 3));
    if (mask.isPresent()) {
      scores = where(mask.get(), scores, MlxArray.scalar(Float.NEGATIVE_INFINITY));
    }
    return matmul(softmax(scores, -1), v);
  }

  @Override
  public void close() {
    rmsNorm.close();
    siluGate.close();
    rotate.close();
  }

  private static MlxArray writtenRmsNorm(MlxArray x, MlxArray weight) {
    MlxArray wide = astype(x, DType.FLOAT32);
    MlxArray scale = rsqrt(add(mean(square(wide), -1, true), RMS_NORM_EPS));
    return multiply(astype(multiply(wide, scale), x.dtype()), weight);
  }

  private static MlxArray writtenSiluGate(MlxArray x) {
    int hidden = x.dim(-1) / 2;
    MlxArray gate = slice(x, -1, 0, hidden);
    return multiply(multiply(gate, sigmoid(gate)), slice(x, -1, hidden, 2 * hidden));
  }

  /** Values pass through: their angles are zero. */
  private static MlxArray writtenRotate(MlxArray qkv, MlxArray cos, MlxArray sin) {
    int batch = qkv.dim(0);
    int steps = qkv.dim(1);
    int pairs = cos.dim(3);
    int heads = qkv.dim(2) / (3 * 2 * pairs);
    MlxArray x = transpose(reshape(qkv, batch, steps, 3, heads, pairs, 2), 0, 2, 3, 1, 4, 5);
    MlxArray re = astype(squeeze(slice(x, 5, 0, 1), 5), DType.FLOAT32);
    MlxArray im = astype(squeeze(slice(x, 5, 1, 2), 5), DType.FLOAT32);
    MlxArray turned =
        stack(
            -1,
            subtract(multiply(re, cos), multiply(im, sin)),
            add(multiply(re, sin), multiply(im, cos)));
    return astype(reshape(turned, batch, 3 * heads, steps, 2 * pairs), qkv.dtype());
  }
}
