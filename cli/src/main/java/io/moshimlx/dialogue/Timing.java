package io.moshimlx.dialogue;

/** Time that has passed. */
final class Timing {
  private static final double MILLISECONDS = 1e-6;

  private Timing() {}

  /** Milliseconds since a moment in {@link System#nanoTime}. */
  static double millisSince(long nanos) {
    return (System.nanoTime() - nanos) * MILLISECONDS;
  }
}
