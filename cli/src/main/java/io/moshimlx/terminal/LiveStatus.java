package io.moshimlx.terminal;

import io.moshimlx.FrameTimes;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.event.EndEvent;
import io.moshimlx.event.FrameEvent;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/** The status of a conversation: time, microphone level, pace, lag and dropped frames. */
final class LiveStatus implements StatusLine {
  /** Frames over which the pace is computed: 10 seconds. */
  private static final int RECENT = 125;

  private static final int BAR = 10;

  /** The level at which the bar is empty; lower levels are shown as this one. */
  private static final double QUIET_DB = -60;

  private final DoubleSupplier levelDb;
  private final BooleanSupplier muted;
  private final LongSupplier dropped;
  private final String hint;
  private final double[] recentMs = new double[RECENT];
  private final FrameTimes recent = new FrameTimes();
  private long frames;
  private double lagMs;

  /**
   * @param levelDb the microphone's level in dBFS
   * @param muted whether it is muted
   * @param dropped frames dropped so far
   * @param keys whether there is a keyboard
   */
  LiveStatus(DoubleSupplier levelDb, BooleanSupplier muted, LongSupplier dropped, boolean keys) {
    this.levelDb = levelDb;
    this.muted = muted;
    this.dropped = dropped;
    hint = keys ? " · m mute, q quit" : "";
  }

  @Override
  public void frame(FrameEvent frame) {
    recentMs[(int) (frames++ % RECENT)] = frame.ms().total();
    lagMs = frame.lagMs();
  }

  @Override
  public String text() {
    recent.clear();
    for (int i = 0; i < Math.min(frames, RECENT); i++) {
      recent.add(recentMs[i]);
    }
    return String.format(
        Locale.ROOT,
        "%s · %s · %.0f ms a frame, p99 %.0f · lag %.0f ms · %d dropped%s",
        time(frames),
        muted.getAsBoolean() ? "[muted]" : level(Math.max(levelDb.getAsDouble(), QUIET_DB)),
        recent.quantile(0.5),
        recent.quantile(0.99),
        lagMs,
        dropped.getAsLong(),
        hint);
  }

  @Override
  public String summary(EndEvent end) {
    return String.format(
        Locale.ROOT,
        "%s · %.0f ms a frame, p95 %.0f · %d dropped",
        time(end.frames()),
        end.stats().msMedian(),
        end.stats().msP95(),
        dropped.getAsLong());
  }

  private static String level(double db) {
    int filled = (int) Math.round(BAR * Math.min(1, 1 - db / QUIET_DB));
    return String.format(
        Locale.ROOT, "[%s%s] %3.0f dB", "|".repeat(filled), " ".repeat(BAR - filled), db);
  }

  private static String time(long frames) {
    long seconds = frames * AudioSource.FRAME_SAMPLES / AudioSource.SAMPLE_RATE;
    long hours = seconds / 3600;
    return hours == 0
        ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
        : String.format(Locale.ROOT, "%d:%02d:%02d", hours, seconds / 60 % 60, seconds % 60);
  }
}
