package io.moshimlx.event;

/**
 * One step.
 *
 * @param n number of the step, from 0
 * @param userTokens the codes of the user's frame
 * @param textToken the token of the inner monologue
 * @param text what the token adds to the text; empty for padding
 * @param audioTokens the codes of the frame of Moshi's voice that this step completed, or null
 *     while the delays fill
 * @param ms how long it took
 * @param lagMs how far the step is behind real time, in milliseconds; NaN where time does not
 *     matter
 */
@SuppressWarnings("ArrayRecordComponent") // A fresh pair of arrays a frame, read once and dropped.
public record FrameEvent(
    long n,
    int[] userTokens,
    int textToken,
    String text,
    int[] audioTokens,
    Timings ms,
    double lagMs)
    implements Event {

  /** Milliseconds of one step. */
  public record Timings(double encode, double model, double decode, double total) {}

  @Override
  public String type() {
    return "frame";
  }
}
