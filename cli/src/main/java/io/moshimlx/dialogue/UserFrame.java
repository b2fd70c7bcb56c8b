package io.moshimlx.dialogue;

/**
 * A frame of the user, 80 ms, as the model hears it.
 *
 * @param tokens a code for each codebook, at least as many as the model reads
 * @param samples the sound itself, 1,920 samples; empty where there is none
 * @param readNanos when it was there to be encoded, in {@link System#nanoTime}
 * @param encodeMs milliseconds that encoding took; 0 where the tokens came as such
 * @param lagMs milliseconds from its last sample to {@code readNanos}; NaN where it is not live
 */
@SuppressWarnings("ArrayRecordComponent") // Passed on, never compared.
public record UserFrame(
    int[] tokens, float[] samples, long readNanos, double encodeMs, double lagMs) {

  /** Whether somebody is waiting for the answer. */
  boolean isLive() {
    return !Double.isNaN(lagMs);
  }
}
