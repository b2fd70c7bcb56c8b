package io.moshimlx.audio;

import java.io.IOException;
import java.util.Arrays;

/**
 * Converts a stream of mono samples to another rate by a windowed sinc, with linear phase: output
 * sample n is the input at time n / outRate, and the stream before its start and after its end
 * counts as silence.
 *
 * <p>It reads no further ahead than the samples asked for need, so that it can follow live sound.
 *
 * <p>The Kaiser window keeps images and aliases 100 dB down; the pass band reaches 0.9 of the lower
 * Nyquist frequency.
 */
final class Resampler implements SampleReader {
  /** Zero crossings of the sinc on either side. */
  private static final int CROSSINGS = 64;

  /** Table entries for each zero crossing: linear interpolation between them errs by −110 dB. */
  private static final int RESOLUTION = 1024;

  private static final double KAISER_BETA = 10.06;
  private static final double ROLL_OFF = 0.95;
  private static final float[] KERNEL = kernel();

  private final SampleReader in;
  private final int inRate;
  private final int outRate;

  /** Zero crossings of the sinc for each input sample, at most 1. */
  private final double cutoff;

  /** Input samples on either side that one output sample reads. */
  private final int reach;

  /** Input samples from {@code first} on; the silence before the start included. */
  private float[] window;

  private int filled;
  private long first;
  private long produced;

  /** Samples of the input, known once its end was seen. */
  private long inputLength = Long.MAX_VALUE;

  Resampler(SampleReader in, int inRate, int outRate) {
    this.in = in;
    this.inRate = inRate;
    this.outRate = outRate;
    cutoff = Math.min(1.0, (double) outRate / inRate) * ROLL_OFF;
    reach = (int) Math.ceil(CROSSINGS / cutoff);
    window = new float[4 * reach + 4096];
    first = -reach;
    filled = reach;
  }

  /** Samples that {@code inputLength} samples become. */
  static long outputLength(long inputLength, int inRate, int outRate) {
    return Math.ceilDiv(Math.multiplyExact(inputLength, (long) outRate), (long) inRate);
  }

  /** Input samples that must have come beyond the time of an output sample. */
  int lookAhead() {
    return reach + 2;
  }

  @Override
  public int read(float[] target, int offset, int length) throws IOException {
    long last = Math.multiplyExact(produced + length - 1, (long) inRate) / outRate;
    int done = 0;
    while (done < length) {
      long position = Math.multiplyExact(produced, (long) inRate);
      long whole = position / outRate;
      if (!fillTo(whole + reach + 1, last + reach + 1) && whole >= inputLength) {
        break;
      }
      target[offset + done++] = at(whole, (double) (position % outRate) / outRate);
      produced++;
    }
    return done;
  }

  /** The input around sample {@code whole + fraction}, weighed by the kernel. */
  private float at(long whole, double fraction) {
    int center = (int) (whole - first);
    double sum = 0;
    for (int i = 1 - reach; i <= reach; i++) {
      sum += window[center + i] * weight(Math.abs(i - fraction) * cutoff);
    }
    return (float) (sum * cutoff);
  }

  private static double weight(double crossings) {
    double index = crossings * RESOLUTION;
    int lower = (int) index;
    if (lower >= KERNEL.length - 1) {
      return 0;
    }
    return KERNEL[lower] + (index - lower) * (KERNEL[lower + 1] - KERNEL[lower]);
  }

  /**
   * Has the window reach past input sample {@code end}, and not past {@code limit}; false once the
   * input has ended.
   */
  private boolean fillTo(long end, long limit) throws IOException {
    while (first + filled <= end) {
      if (filled + reach > window.length) {
        dropOld();
      }
      int room = (int) Math.min(window.length - filled, limit + 1 - (first + filled));
      int read = inputLength == Long.MAX_VALUE ? in.read(window, filled, room) : 0;
      if (read == 0) {
        inputLength = Math.min(inputLength, first + filled);
        // Silence after the end, so that every output sample finds a whole window.
        Arrays.fill(window, filled, window.length, 0f);
        filled = window.length;
      } else {
        filled += read;
      }
    }
    return inputLength == Long.MAX_VALUE;
  }

  /** Moves the samples still needed to the front of the window. */
  private void dropOld() {
    int keepFrom = (int) (produced * inRate / outRate - reach - first);
    System.arraycopy(window, keepFrom, window, 0, filled - keepFrom);
    filled -= keepFrom;
    first += keepFrom;
  }

  private static float[] kernel() {
    float[] table = new float[CROSSINGS * RESOLUTION + 1];
    table[0] = 1;
    for (int i = 1; i < table.length; i++) {
      double x = Math.PI * i / RESOLUTION;
      double ratio = (double) i / (table.length - 1);
      table[i] = (float) (Math.sin(x) / x * bessel(KAISER_BETA * Math.sqrt(1 - ratio * ratio)));
    }
    double scale = bessel(KAISER_BETA);
    for (int i = 1; i < table.length; i++) {
      table[i] /= (float) scale;
    }
    return table;
  }

  /** The modified Bessel function of the first kind, of order 0. */
  private static double bessel(double x) {
    double sum = 1;
    double term = 1;
    for (int k = 1; term > 1e-12 * sum; k++) {
      term *= (x / (2 * k)) * (x / (2 * k));
      sum += term;
    }
    return sum;
  }
}
