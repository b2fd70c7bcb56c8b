package io.moshimlx.dialogue;

import java.util.Arrays;

/** How long each frame took, for the figures of a session. */
public final class FrameTimes {
  private float[] milliseconds = new float[1024];
  private int count;

  public void add(double ms) {
    if (count == milliseconds.length) {
      milliseconds = Arrays.copyOf(milliseconds, 2 * count);
    }
    milliseconds[count++] = (float) ms;
  }

  /**
   * The value that a share of the frames does not exceed.
   *
   * @param share from 0 to 1
   * @return milliseconds; NaN without frames
   */
  public double quantile(double share) {
    float[] sorted = Arrays.copyOf(milliseconds, count);
    Arrays.sort(sorted);
    return count == 0 ? Double.NaN : sorted[(int) Math.round(share * (count - 1))];
  }
}
