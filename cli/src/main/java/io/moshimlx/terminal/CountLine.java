package io.moshimlx.terminal;

import io.moshimlx.Progress;
import java.util.function.BooleanSupplier;

/** Shows how far counted work is, such as "comparing: 12 of 55 frames", on a terminal only. */
public final class CountLine implements Progress, AutoCloseable {
  private final Terminal terminal;
  private final String unit;
  private final BooleanSupplier cancelled;
  private final TransientLine line;

  /**
   * Shows nothing yet.
   *
   * @param unit the plural of what is counted
   * @param cancelled whether the user wants the work to end
   */
  public CountLine(Terminal terminal, String unit, BooleanSupplier cancelled) {
    this.terminal = terminal;
    this.unit = unit;
    this.cancelled = cancelled;
    line = new TransientLine(terminal);
  }

  @Override
  public void at(String what, long done, long total) {
    String all = total < 0 ? "" : " of " + total;
    line.show("%s: %d%s %s".formatted(what, done, all, unit));
  }

  @Override
  public void note(String text) {
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

  /** Removes the line; idempotent. */
  @Override
  public void close() {
    line.close();
  }
}
