package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_addmm;
import static io.moshimlx.mlx.c.MlxC.mlx_dequantize;
import static io.moshimlx.mlx.c.MlxC.mlx_gather_qmm;
import static io.moshimlx.mlx.c.MlxC.mlx_matmul;
import static io.moshimlx.mlx.c.MlxC.mlx_quantize;
import static io.moshimlx.mlx.c.MlxC.mlx_quantized_matmul;

/** Products of matrices, plain and quantised. */
public final class Linalg {
  private Linalg() {}

  public static MlxArray matmul(MlxArray a, MlxArray b) {
    Native n = Native.scoped();
    return n.result(mlx_matmul(n.out, a.handle(n), b.handle(n), n.stream), "matmul");
  }

  /** c + a b */
  public static MlxArray addmm(MlxArray c, MlxArray a, MlxArray b) {
    Native n = Native.scoped();
    return n.result(
        mlx_addmm(n.out, c.handle(n), a.handle(n), b.handle(n), 1f, 1f, n.stream), "addmm");
  }

  /**
   * A matrix in groups of few bits: {@code weight} packed into uint32, and a scale and a bias for
   * each group of a row.
   */
  public record Quantized(MlxArray weight, MlxArray scales, MlxArray biases) {}

  /** Quantises the last axis in groups of {@code groupSize}. */
  public static Quantized quantize(MlxArray w, int groupSize, int bits) {
    Native n = Native.scoped();
    MlxArray[] parts =
        n.results(
            mlx_quantize(
                n.out,
                w.handle(n),
                n.optionals().groupSize(groupSize),
                n.optionals().bits(bits),
                Text.AFFINE,
                0,
                n.stream),
            "quantize");
    return new Quantized(parts[0], parts[1], parts[2]);
  }

  /** What {@link #quantize} kept, in the type of {@code scales}. */
  public static MlxArray dequantize(
      MlxArray w, MlxArray scales, MlxArray biases, int groupSize, int bits) {
    Native n = Native.scoped();
    return n.result(
        mlx_dequantize(
            n.out,
            w.handle(n),
            scales.handle(n),
            biases.handle(n),
            n.optionals().groupSize(groupSize),
            n.optionals().bits(bits),
            Text.AFFINE,
            0,
            n.optionals().noDtype(),
            n.stream),
        "dequantize");
  }

  /** x w, or x w<sup>T</sup> if {@code transpose}, of a quantised w. */
  public static MlxArray quantizedMatmul(
      MlxArray x,
      MlxArray w,
      MlxArray scales,
      MlxArray biases,
      boolean transpose,
      int groupSize,
      int bits) {
    Native n = Native.scoped();
    return n.result(
        mlx_quantized_matmul(
            n.out,
            x.handle(n),
            w.handle(n),
            scales.handle(n),
            biases.handle(n),
            transpose,
            n.optionals().groupSize(groupSize),
            n.optionals().bits(bits),
            Text.AFFINE,
            n.stream),
        "quantizedMatmul");
  }

  /**
   * As {@link #quantizedMatmul} on stacks of matrices: the i-th product is of the matrices that the
   * i-th of {@code lhsIndices} and of {@code rhsIndices} (uint32) name; null stands for all of them
   * in order.
   */
  public static MlxArray gatherQmm(
      MlxArray x,
      MlxArray w,
      MlxArray scales,
      MlxArray biases,
      MlxArray lhsIndices,
      MlxArray rhsIndices,
      boolean transpose,
      int groupSize,
      int bits) {
    Native n = Native.scoped();
    return n.result(
        mlx_gather_qmm(
            n.out,
            x.handle(n),
            w.handle(n),
            scales.handle(n),
            biases.handle(n),
            n.orNull(lhsIndices),
            n.orNull(rhsIndices),
            transpose,
            n.optionals().groupSize(groupSize),
            n.optionals().bits(bits),
            Text.AFFINE,
            false,
            n.stream),
        "gatherQmm");
  }
}
