package io.moshimlx;

import org.HdrHistogram.Histogram;

/**
 * How long each frame took, for the figures of a session without end: it takes no more memory the
 * longer it counts, only for a frame that was longer than any before.
 */
public final class FrameTimes {
  private static final double NANOS = 1e6;

  /** Makes quantiles exact to half a thousandth. */
  private static final int SIGNIFICANT_DIGITS = 3;

  private final Histogram nanos = new Histogram(SIGNIFICANT_DIGITS);

  /** Counts a frame. */
  public void add(double ms) {
    nanos.recordValue(Math.max(0, Math.round(ms * NANOS)));
  }

  /** Forgets all frames. */
  public void clear() {
    nanos.reset();
  }

  /**
   * The value that a share of the frames does not exceed.
   *
   * @param share from 0 to 1
   * @return milliseconds, to three significant digits; NaN without frames
   */
  public double quantile(double share) {
    if (nanos.getTotalCount() == 0) {
      return Double.NaN;
    }
    long value = nanos.getValueAtPercentile(100 * share);
    return nanos.medianEquivalentValue(value) / NANOS;
  }

  /** What it takes of memory. */
  int bytes() {
    return nanos.getEstimatedFootprintInBytes();
  }
}
