package io.moshimlx.terminal;

import io.moshimlx.audio.AudioSource;
import io.moshimlx.event.EndEvent;
import io.moshimlx.event.FrameEvent;
import java.util.Locale;

/** The progress of an answer to a recording, with its speed. */
final class ProgressLine implements StatusLine {
  private final long totalFrames;
  private long frames;
  private long startNanos = System.nanoTime();

  /**
   * @param totalFrames frames that the session will have, or −1
   */
  ProgressLine(long totalFrames) {
    this.totalFrames = totalFrames;
  }

  @Override
  public void started() {
    startNanos = System.nanoTime();
  }

  @Override
  public void frame(FrameEvent frame) {
    frames = frame.n() + 1;
  }

  @Override
  public String text() {
    String total =
        totalFrames < 0 ? "" : String.format(Locale.ROOT, " of %.1f", seconds(totalFrames));
    return String.format(
        Locale.ROOT,
        "%.1f%s s · real-time factor %.2f",
        seconds(frames),
        total,
        (System.nanoTime() - startNanos) * 1e-9 / seconds(frames));
  }

  @Override
  public String summary(EndEvent end) {
    return String.format(
        Locale.ROOT,
        "%.1f s of audio in %.1f s · real-time factor %.2f",
        end.stats().audioSeconds(),
        end.stats().wallSeconds(),
        end.stats().realTimeFactor());
  }

  private static double seconds(long frames) {
    return (double) frames * AudioSource.FRAME_SAMPLES / AudioSource.SAMPLE_RATE;
  }
}
