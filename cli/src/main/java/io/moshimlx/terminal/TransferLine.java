package io.moshimlx.terminal;

import io.moshimlx.ByteCount;
import io.moshimlx.Progress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** The progress of a file, with its speed and the remaining time, on a terminal only. */
public final class TransferLine implements Progress, AutoCloseable {
  private static final long REDRAW_NANOS = 100_000_000;

  /** The time over which the speed is computed. */
  private static final long RECENT_NANOS = 5_000_000_000L;

  private record Mark(long nanos, long bytes) {}

  private final Terminal terminal;
  private final BooleanSupplier cancelled;
  private final TransientLine line;
  private final LongSupplier nanoTime;
  private final Deque<Mark> recent = new ArrayDeque<>();
  private String file = "";
  private long drawnNanos;

  /**
   * Shows nothing yet.
   *
   * @param cancelled whether the user wants the work to end
   */
  public TransferLine(Terminal terminal, BooleanSupplier cancelled) {
    this(terminal, cancelled, System::nanoTime);
  }

  TransferLine(Terminal terminal, BooleanSupplier cancelled, LongSupplier nanoTime) {
    this.terminal = terminal;
    this.cancelled = cancelled;
    line = new TransientLine(terminal);
    this.nanoTime = nanoTime;
    drawnNanos = nanoTime.getAsLong() - REDRAW_NANOS;
  }

  /**
   * Shows how much of a file is done.
   *
   * @param done in bytes
   */
  @Override
  public void at(String name, long done, long total) {
    long now = nanoTime.getAsLong();
    if (!name.equals(file)) {
      file = name;
      recent.clear();
      drawnNanos = now - REDRAW_NANOS;
    }
    boolean draws = now - drawnNanos >= REDRAW_NANOS || done == total;
    if (recent.isEmpty() || draws) {
      recent.add(new Mark(now, done));
      while (now - recent.getFirst().nanos() > RECENT_NANOS) {
        recent.removeFirst();
      }
    }
    if (draws) {
      drawnNanos = now;
      line.draw(text(done, total));
    }
  }

  @Override
  public void note(String text) {
    recent.clear();
    line.draw(text);
  }

  @Override
  public void warn(String text) {
    line.clear();
    terminal.warn(text);
  }

  @Override
  public boolean cancelled() {
    return cancelled.getAsBoolean();
  }

  private String text(long done, long total) {
    StringBuilder text = new StringBuilder(file).append(" · ").append(ByteCount.of(done));
    if (total >= 0) {
      text.append(" of ").append(ByteCount.of(total));
    }
    Mark first = recent.getFirst();
    Mark last = recent.getLast();
    double seconds = (last.nanos() - first.nanos()) * 1e-9;
    double speed = seconds > 0 ? (last.bytes() - first.bytes()) / seconds : 0;
    if (speed > 0) {
      text.append(" · ").append(ByteCount.of(Math.round(speed))).append("/s");
      if (total > done) {
        text.append(" · ").append(time(Math.round((total - done) / speed))).append(" left");
      }
    }
    return text.toString();
  }

  private static String time(long seconds) {
    return seconds < 3600
        ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
        : String.format(
            Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }

  /** Removes the line; idempotent. */
  @Override
  public void close() {
    line.close();
  }
}
