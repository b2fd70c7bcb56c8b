package io.moshimlx.terminal;

/** A line of progress on stderr, on a terminal only, that is removed at the end. */
public final class TransientLine implements AutoCloseable {
  private static final long REDRAW_NANOS = 100_000_000;
  private static final int COLUMNS = 79;
  private static final String CLEAR = "\r\033[K";

  private final Terminal terminal;
  private boolean shown;
  private long drawnNanos;

  public TransientLine(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Shows a text, at most ten times a second. */
  public void show(String text) {
    long now = System.nanoTime();
    if (!shown || now - drawnNanos >= REDRAW_NANOS) {
      draw(text);
      drawnNanos = now;
    }
  }

  /** Shows a text now. */
  void draw(String text) {
    if (terminal.errIsTerminal()) {
      terminal.err().print(CLEAR + Columns.cut(text, COLUMNS) + "\r");
      terminal.err().flush();
      shown = true;
    }
  }

  /** Removes the line until the next one is shown. */
  public void clear() {
    if (shown) {
      terminal.err().print(CLEAR);
      terminal.err().flush();
      shown = false;
    }
  }

  @Override
  public void close() {
    clear();
  }
}
