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
    ThreadContext c = ThreadContext.scoped();
    return c.result(mlx_matmul(c.out(), a.handle(c), b.handle(c), c.stream()), "matmul");
  }

  /** c + a b */
  public static MlxArray addmm(MlxArray c, MlxArray a, MlxArray b) {
    ThreadContext context = ThreadContext.scoped();
    return context.result(
        mlx_addmm(
            context.out(),
            c.handle(context),
            a.handle(context),
            b.handle(context),
            1f,
            1f,
            context.stream()),
        "addmm");
  }

  /**
   * A matrix in groups of few bits: {@code weight} packed into uint32, and a scale and a bias for
   * each group of a row.
   */
  public record Quantized(MlxArray weight, MlxArray scales, MlxArray biases) {}

  /** Quantises the last axis in groups of {@code groupSize}. */
  public static Quantized quantize(MlxArray w, int groupSize, int bits) {
    ThreadContext c = ThreadContext.scoped();
    MlxArray[] parts =
        c.vectors()
            .results(
                mlx_quantize(
                    c.out(),
                    w.handle(c),
                    c.arguments().optionals().groupSize(groupSize),
                    c.arguments().optionals().bits(bits),
                    CStrings.AFFINE,
                    0,
                    c.stream()),
                "quantize");
    return new Quantized(parts[0], parts[1], parts[2]);
  }

  /** What {@link #quantize} kept, in the type of {@code scales}. */
  public static MlxArray dequantize(
      MlxArray w, MlxArray scales, MlxArray biases, int groupSize, int bits) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_dequantize(
            c.out(),
            w.handle(c),
            scales.handle(c),
            biases.handle(c),
            c.arguments().optionals().groupSize(groupSize),
            c.arguments().optionals().bits(bits),
            CStrings.AFFINE,
            0,
            c.arguments().optionals().noDtype(),
            c.stream()),
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
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_quantized_matmul(
            c.out(),
            x.handle(c),
            w.handle(c),
            scales.handle(c),
            biases.handle(c),
            transpose,
            c.arguments().optionals().groupSize(groupSize),
            c.arguments().optionals().bits(bits),
            CStrings.AFFINE,
            c.stream()),
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
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_gather_qmm(
            c.out(),
            x.handle(c),
            w.handle(c),
            scales.handle(c),
            biases.handle(c),
            c.arguments().orNull(lhsIndices),
            c.arguments().orNull(rhsIndices),
            transpose,
            c.arguments().optionals().groupSize(groupSize),
            c.arguments().optionals().bits(bits),
            CStrings.AFFINE,
            false,
            c.stream()),
        "gatherQmm");
  }
}
