package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_fast_rms_norm;
import static io.moshimlx.mlx.c.MlxC.mlx_fast_rope;
import static io.moshimlx.mlx.c.MlxC.mlx_fast_scaled_dot_product_attention;

/** MLX's fused operations. */
public final class Fast {
  private Fast() {}

  /** x / sqrt(mean(x²) + eps) * weight over the last axis; a null weight stands for ones. */
  public static MlxArray rmsNorm(MlxArray x, MlxArray weight, float eps) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_fast_rms_norm(c.out(), x.handle(c), c.arguments().orNull(weight), eps, c.stream()),
        "rmsNorm");
  }

  /**
   * Rotates the first {@code dims} of the last axis by position, which is {@code offset} at the
   * start of the axis before it.
   *
   * @param traditional rotates neighbours, otherwise the first half against the second
   */
  public static MlxArray rope(
      MlxArray x, int dims, boolean traditional, float base, float scale, int offset) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_fast_rope(
            c.out(),
            x.handle(c),
            dims,
            traditional,
            c.arguments().optionals().of(base),
            scale,
            offset,
            0,
            c.stream()),
        "rope");
  }

  /**
   * softmax(q k<sup>T</sup> scale + mask) v, of {@code [batch, heads, time, dim]}; the heads of q
   * are a multiple of those of k and v.
   *
   * @param mask broadcastable to {@code [batch, heads, queries, keys]}: booleans that tell which
   *     keys are seen, or numbers to be added; null sees all
   */
  public static MlxArray scaledDotProductAttention(
      MlxArray q, MlxArray k, MlxArray v, float scale, MlxArray mask) {
    ThreadContext c = ThreadContext.scoped();
    return c.result(
        mlx_fast_scaled_dot_product_attention(
            c.out(),
            q.handle(c),
            k.handle(c),
            v.handle(c),
            scale,
            mask == null ? CStrings.EMPTY : CStrings.ARRAY,
            c.arguments().orNull(mask),
            0,
            false,
            c.stream()),
        "scaledDotProductAttention");
  }
}
