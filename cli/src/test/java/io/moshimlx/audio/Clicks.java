package io.moshimlx.audio;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The moments at which a stream of 24 kHz mono 16-bit samples becomes loud after some quiet. */
public final class Clicks {
  private static final int LOUD = 3000;
  private static final int DISTANCE = 6 * AudioSource.FRAME_SAMPLES + 97;
  private static final long NEXT_NANOS = 1_000_000_000L * DISTANCE / AudioSource.SAMPLE_RATE;
  private static final int QUIET_SAMPLES = AudioSource.SAMPLE_RATE / 5;

  private final List<Long> moments = new CopyOnWriteArrayList<>();
  private volatile boolean listening;

  Clicks(Process recorder) {
    Thread.ofPlatform().daemon().start(() -> listen(recorder.getInputStream()));
  }

  /** A signal of clicks, about two a second, each at another place within its frame. */
  public static float[] signal(int count) {
    float[] signal = new float[(count + 1) * DISTANCE];
    for (int i = 1; i <= count; i++) {
      for (int j = 0; j < 48; j++) {
        signal[i * DISTANCE + j] = 0.5f;
      }
    }
    return signal;
  }

  private void listen(InputStream in) {
    byte[] block = new byte[4800];
    int quiet = 0;
    try {
      for (int read = in.read(block); read > 0; read = in.read(block)) {
        long end = System.nanoTime();
        listening = true;
        for (int i = 0; i + 1 < read; i += 2) {
          if (Math.abs((short) ((block[i] & 0xff) | (block[i + 1] << 8))) < LOUD) {
            quiet++;
            continue;
          }
          if (quiet > QUIET_SAMPLES) {
            moments.add(end - (read - i) / 2 * 1_000_000_000L / AudioSource.SAMPLE_RATE);
          }
          quiet = 0;
        }
      }
    } catch (IOException e) {
      // The recorder was ended.
    }
  }

  boolean listening() {
    return listening;
  }

  /** When they were, by {@link System#nanoTime()}. */
  public List<Long> moments() {
    return List.copyOf(moments);
  }

  /**
   * Milliseconds from each click to its arrival elsewhere, in ascending order; without those that
   * did not arrive before the next one.
   */
  public List<Double> until(Clicks elsewhere) {
    List<Long> arrivals = elsewhere.moments();
    return moments.stream()
        .flatMap(moment ->
            arrivals.stream()
                .filter(arrival -> arrival > moment && arrival < moment + NEXT_NANOS)
                .limit(1)
                .map(arrival -> (arrival - moment) * 1e-6))
        .sorted()
        .toList();
  }
}
