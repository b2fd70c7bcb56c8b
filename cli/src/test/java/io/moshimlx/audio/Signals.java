package io.moshimlx.audio;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;

/** Sounds that tests send on their way, and how to find them again. */
public final class Signals {
  /** Enough samples to tell a place in noise from any other. */
  private static final int MARK = 64;

  /** The samples of 2 seconds. */
  private static final int GAP = 2 * AudioSource.SAMPLE_RATE;

  private Signals() {}

  /** Noise, every stretch of which is unlike any other, of samples that 16 bits hold exactly. */
  static float[] noise(double seconds) {
    Random random = new Random(20251101);
    float[] samples = new float[(int) (seconds * AudioSource.SAMPLE_RATE)];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (random.nextInt(24_000) - 12_000) / 0x1p15f;
    }
    return samples;
  }

  public static float[] tone(double seconds, double hertz) {
    float[] samples = new float[(int) (seconds * AudioSource.SAMPLE_RATE)];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (float) (0.5 * Math.sin(2 * Math.PI * hertz * i / AudioSource.SAMPLE_RATE));
    }
    return samples;
  }

  /** How many samples are the same, at most {@code limit}. */
  public static int matching(float[] signal, int from, float[] heard, int at, int limit) {
    int count = 0;
    while (count < limit
        && from + count < signal.length
        && at + count < heard.length
        && signal[from + count] == heard[at + count]) {
      count++;
    }
    return count;
  }

  /**
   * Asserts that a signal was heard whole and in order, but for gaps that were reported: a busy
   * machine may be late.
   *
   * @param from the sample with which the signal begins
   * @param gaps how many gaps were reported; each may miss 2 seconds of the signal, and may have 2
   *     seconds of other sound instead
   */
  public static void assertHeard(float[] signal, int from, float[] heard, long gaps) {
    int next = from;
    int at = 0;
    long left = gaps;
    int[] place = resume(signal, next, gaps == 0 ? next : next + GAP, heard, at, heard.length);
    while (place != null) {
      int same = matching(signal, place[0], heard, place[1], signal.length);
      next = place[0] + same;
      at = place[1] + same;
      if (left == 0 || next + MARK >= signal.length) {
        break;
      }
      left--;
      place = resume(signal, next, next + GAP, heard, at, at + GAP);
    }
    assertTrue(
        next + (left < gaps ? MARK : 0) >= signal.length,
        "%d of %d samples were heard with %d gaps or fewer"
            .formatted(next - from, signal.length - from, gaps));
  }

  /** Where a signal goes on, in itself and in what was heard; null if it does not. */
  private static int[] resume(
      float[] signal, int from, int to, float[] heard, int heardFrom, int heardTo) {
    for (int at = heardFrom; at <= Math.min(heardTo, heard.length - MARK); at++) {
      int last = isSilent(heard, at) ? -1 : Math.min(to, signal.length - MARK);
      for (int next = from; next <= last; next++) {
        if (matching(signal, next, heard, at, MARK) == MARK) {
          return new int[] {next, at};
        }
      }
    }
    return null;
  }

  private static boolean isSilent(float[] heard, int at) {
    int sounding = at;
    while (sounding < at + MARK && heard[sounding] == 0) {
      sounding++;
    }
    return sounding == at + MARK;
  }

  /** The mean power of samples, in dBFS. */
  public static double decibels(float[] samples, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += (double) samples[i] * samples[i];
    }
    return 10 * Math.log10(sum / (to - from));
  }
}
