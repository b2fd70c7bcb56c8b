package io.moshimlx.audio;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.Random;

/** Sounds that tests send on their way, and how to find them again. */
public final class Signals {
  /** Enough samples to tell a place in noise from any other. */
  private static final int MARK = 64;

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

  /** Where the part of a signal from a sample on begins in what was heard; −1 if it does not. */
  public static int find(float[] signal, int from, float[] heard) {
    for (int at = 0; at + MARK <= heard.length; at++) {
      if (matching(signal, from, heard, at, MARK) == MARK) {
        return at;
      }
    }
    return -1;
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

  /** Asserts that a whole signal is in what was heard, without a gap. */
  static void assertWhole(float[] signal, float[] heard) {
    int at = find(signal, 0, heard);
    if (at < 0) {
      fail("nothing of it was heard");
    }
    int same = matching(signal, 0, heard, at, signal.length);
    if (same < signal.length) {
      fail("only %d of %d samples were heard without a gap".formatted(same, signal.length));
    }
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
