package io.moshimlx.checkpoint;

/**
 * The sizes of one transformer.
 *
 * @param dim width of the residual stream
 * @param numHeads attention heads; divides {@code dim}
 * @param numLayers layers
 * @param hiddenDim width inside the gated feed-forward
 * @param context number of steps that a step attends to, itself included
 * @param rotary whether queries and keys are rotated by their position
 * @param maxPeriod base of the rotation frequencies
 * @param layerScale whether each residual branch has learnt scales
 */
public record TransformerConfig(
    int dim,
    int numHeads,
    int numLayers,
    int hiddenDim,
    int context,
    boolean rotary,
    double maxPeriod,
    boolean layerScale) {

  /** Width of one head. */
  public int headDim() {
    return dim / numHeads;
  }

  /**
   * Width inside the gated feed-forward for a nominal {@code dim_feedforward}: two thirds of it, or
   * 11/4 of {@code dim} where it is the usual four times {@code dim}.
   */
  static int gatedHiddenDim(int dim, int dimFeedforward) {
    return dimFeedforward == 4 * dim ? 11 * dim / 4 : (int) (2L * dimFeedforward / 3);
  }
}
