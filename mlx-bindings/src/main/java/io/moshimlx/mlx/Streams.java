package io.moshimlx.mlx;

import java.util.function.UnaryOperator;

/** Where operations of one thread are computed at the same time. */
public final class Streams {
  private Streams() {}

  /**
   * Builds operations on a second stream of the default device, which runs beside the one that all
   * others are on. A CPU's stream is a core's work.
   *
   * @param operation called at once
   * @return what it returns
   */
  public static MlxArray beside(UnaryOperator<MlxArray> operation, MlxArray x) {
    return ThreadContext.scoped().streams().beside(operation, x);
  }
}
