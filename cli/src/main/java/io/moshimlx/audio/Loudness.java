package io.moshimlx.audio;

/**
 * Integrated loudness by ITU-R BS.1770-4 of mono sound: the mean power after the K-weighting of the
 * ear, over blocks of 400 ms, without those that are silent or far below the rest.
 */
final class Loudness {
  private static final double BLOCK_SECONDS = 0.4;

  /** Each block starts so much of a block after the one before. */
  private static final double STEP = 0.25;

  private static final double SILENCE_LUFS = -70;
  private static final double RELATIVE_GATE = -10;
  private static final double CALIBRATION = -0.691;

  private Loudness() {}

  /**
   * Measures a sound.
   *
   * @param samples nominally in −1..1
   * @param rate samples a second
   * @return LUFS; negative infinity if all of it is silent, or it is shorter than a block
   */
  static double of(float[] samples, int rate) {
    double[] weighted = new double[samples.length];
    for (int i = 0; i < samples.length; i++) {
      weighted[i] = samples[i];
    }
    highShelf(rate).apply(weighted);
    highPass(rate).apply(weighted);
    double[] powers = blockPowers(weighted, rate);
    double loud = meanAbove(powers, SILENCE_LUFS);
    return lufs(meanAbove(powers, Math.max(SILENCE_LUFS, lufs(loud) + RELATIVE_GATE)));
  }

  private static double[] blockPowers(double[] weighted, int rate) {
    double seconds = (double) weighted.length / rate;
    if (seconds < BLOCK_SECONDS) {
      return new double[0];
    }
    int blocks = (int) Math.rint((seconds - BLOCK_SECONDS) / (BLOCK_SECONDS * STEP)) + 1;
    double[] powers = new double[blocks];
    for (int block = 0; block < blocks; block++) {
      int from = (int) (BLOCK_SECONDS * (block * STEP) * rate);
      int to = (int) (BLOCK_SECONDS * (block * STEP + 1) * rate);
      double sum = 0;
      for (int i = from; i < Math.min(to, weighted.length); i++) {
        sum += weighted[i] * weighted[i];
      }
      powers[block] = sum / (BLOCK_SECONDS * rate);
    }
    return powers;
  }

  /** The mean of what is louder; 0 if nothing is. */
  private static double meanAbove(double[] powers, double gate) {
    double sum = 0;
    int count = 0;
    for (double power : powers) {
      if (lufs(power) > gate) {
        sum += power;
        count++;
      }
    }
    return count == 0 ? 0 : sum / count;
  }

  private static double lufs(double power) {
    return CALIBRATION + 10 * Math.log10(power);
  }

  /** A second-order filter; {@code a0} is 1. */
  private record Biquad(double b0, double b1, double b2, double a1, double a2) {
    static Biquad of(double b0, double b1, double b2, double a0, double a1, double a2) {
      return new Biquad(b0 / a0, b1 / a0, b2 / a0, a1 / a0, a2 / a0);
    }

    void apply(double[] samples) {
      double first = 0;
      double second = 0;
      for (int i = 0; i < samples.length; i++) {
        double x = samples[i];
        double y = b0 * x + first;
        first = b1 * x - a1 * y + second;
        second = b2 * x - a2 * y;
        samples[i] = y;
      }
    }
  }

  /** The first stage: 4 dB more above 1,500 Hz, for the head is in the way of the sound. */
  private static Biquad highShelf(int rate) {
    double gain = Math.pow(10, 4.0 / 40);
    double w = 2 * Math.PI * 1500 / rate;
    double cos = Math.cos(w);
    double slope = 2 * Math.sqrt(gain) * Math.sin(w) / Math.sqrt(2);
    double up = gain + 1;
    double down = gain - 1;
    return Biquad.of(
        gain * (up + down * cos + slope),
        -2 * gain * (down + up * cos),
        gain * (up + down * cos - slope),
        up - down * cos + slope,
        2 * (down - up * cos),
        up - down * cos - slope);
  }

  /** The second stage: little below 38 Hz. */
  private static Biquad highPass(int rate) {
    double w = 2 * Math.PI * 38 / rate;
    double cos = Math.cos(w);
    double sin = Math.sin(w);
    return Biquad.of((1 + cos) / 2, -(1 + cos), (1 + cos) / 2, 1 + sin, -2 * cos, 1 - sin);
  }
}
