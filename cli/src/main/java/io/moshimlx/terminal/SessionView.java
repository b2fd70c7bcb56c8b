package io.moshimlx.terminal;

import io.moshimlx.Progress;
import io.moshimlx.audio.EchoChoice;
import io.moshimlx.audio.Microphone;
import io.moshimlx.event.EndEvent;
import io.moshimlx.event.Event;
import io.moshimlx.event.EventSink;
import io.moshimlx.event.FrameEvent;
import io.moshimlx.event.SessionEvent;
import io.moshimlx.event.WarningEvent;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/**
 * Shows a session to a person: the inner monologue on stdout as it is spoken, warnings on stderr,
 * and, if stderr is a terminal, a line of progress or status.
 *
 * <p>If a terminal shows both streams, that line stands below the text, and the cursor waits at the
 * end of the text.
 */
public final class SessionView implements EventSink, AutoCloseable {
  private static final long REDRAW_NANOS = 100_000_000;
  private static final int USUAL_COLUMNS = 80;
  private static final int LEAST_COLUMNS = 10;

  /** Clears from the cursor on, including lines that a narrower terminal has wrapped. */
  private static final String CLEAR_REST = "\033[J";

  private final Terminal terminal;
  private final boolean showText;
  private final StatusLine status;
  private final IntSupplier terminalColumns;
  private final BooleanSupplier foreground;
  private final boolean below;

  /** The text in the cursor's line. */
  private final StringBuilder line = new StringBuilder();

  private boolean textShown;
  private boolean statusShown;
  private long drawnNanos;

  SessionView(Terminal terminal, boolean showText, StatusLine status, IntSupplier terminalColumns) {
    this(terminal, showText, status, terminalColumns, () -> true);
  }

  private SessionView(
      Terminal terminal,
      boolean showText,
      StatusLine status,
      IntSupplier terminalColumns,
      BooleanSupplier foreground) {
    this.foreground = foreground;
    this.terminal = terminal;
    this.showText = showText;
    this.status = status;
    this.terminalColumns = terminalColumns;
    below = showText && terminal.outIsTerminal();
  }

  /**
   * The view of a recording's answer.
   *
   * @param showText whether the text goes to stdout
   * @param totalFrames frames that the session will have, or −1
   */
  public static SessionView ofRecording(Terminal terminal, boolean showText, long totalFrames) {
    return new SessionView(terminal, showText, new ProgressLine(totalFrames), () -> USUAL_COLUMNS);
  }

  /**
   * The view of a conversation.
   *
   * @param showText whether the text goes to stdout
   */
  public static SessionView live(
      Terminal terminal, boolean showText, Microphone microphone, LiveKeys keys) {
    StatusLine status =
        new LiveStatus(
            microphone::levelDb, microphone::muted, microphone::droppedFrames, keys.present());
    return new SessionView(terminal, showText, status, keys::columns, keys::inForeground);
  }

  /** Shows the work before the session starts. */
  public void preparing(String what) {
    draw(what);
  }

  /**
   * Shows the progress of reading the prompt, before the session starts.
   *
   * @param stopped becomes true when the user stops it
   */
  public Progress prompting(BooleanSupplier stopped) {
    return new Progress() {
      @Override
      public void at(String what, long done, long total) {
        note("preparing the voice, %d %%".formatted(100 * done / total));
      }

      @Override
      public void note(String text) {
        preparing(text);
      }

      @Override
      public boolean cancelled() {
        return stopped.getAsBoolean();
      }
    };
  }

  @Override
  public void accept(Event event) {
    switch (event) {
      case SessionEvent start -> {
        status.started();
        devices(start);
      }
      case FrameEvent frame -> frame(frame);
      case WarningEvent warning -> {
        clear();
        terminal.err().println("moshi-mlx: warning: " + warning.message());
      }
      case EndEvent end -> {
        close();
        if (terminal.errIsTerminal()) {
          terminal.err().println(status.summary(end));
        }
      }
    }
  }

  /** Prints the devices of a conversation. */
  private void devices(SessionEvent start) {
    if (start.echoCancellation() != null && terminal.errIsTerminal()) {
      clear();
      EchoChoice echo = new EchoChoice(start.echoCancellation(), start.echoCancellationReason());
      terminal
          .err()
          .printf(
              "microphone '%s', loudspeaker '%s'; %s%n",
              start.inputDevice(), start.outputDevice(), echo.words());
    }
  }

  private void frame(FrameEvent frame) {
    if (showText && !frame.text().isEmpty()) {
      String text = textShown ? frame.text() : frame.text().stripLeading();
      terminal.print(below ? wrapped(text) : text);
      textShown = true;
    }
    status.frame(frame);
    long now = System.nanoTime();
    if (now - drawnNanos > REDRAW_NANOS) {
      drawnNanos = now;
      draw(status.text());
    }
  }

  /** Columns to write in: the last stays free, because terminals wrap after writing to it. */
  private int room() {
    return Math.max(terminalColumns.getAsInt(), LEAST_COLUMNS) - 1;
  }

  /** Replaces the status line, if there is one. */
  private void draw(String text) {
    if (!terminal.errIsTerminal() || !foreground.getAsBoolean()) {
      return;
    }
    int room = room();
    String shown = Columns.cut(text, room);
    if (below) {
      if (Columns.of(line.toString()) > room) {
        // The terminal became narrower and has wrapped the line in a way of its own.
        terminal.print("\n");
        line.setLength(0);
      }
      int column = Columns.of(line.toString());
      String back = "\033[A\r" + (column > 0 ? "\033[" + column + "C" : "");
      terminal.err().print("\n" + CLEAR_REST + shown + back);
    } else {
      terminal.err().print("\r" + CLEAR_REST + shown + "\r");
    }
    terminal.err().flush();
    statusShown = true;
  }

  /** Removes the status line and leaves the cursor at the start of an empty line. */
  private void clear() {
    if (below && !line.isEmpty()) {
      terminal.print("\n");
      line.setLength(0);
    }
    if (statusShown) {
      terminal.err().print("\r" + CLEAR_REST);
      terminal.err().flush();
      statusShown = false;
    }
  }

  /** The text, with line breaks where it, or the word it is the end of, would not fit the line. */
  private String wrapped(String text) {
    StringBuilder output = new StringBuilder();
    int room = room();
    for (int codePoint : text.codePoints().toArray()) {
      String character = Character.toString(codePoint);
      if (codePoint == ' ' && line.isEmpty()) {
        continue;
      }
      if (codePoint == '\n') {
        output.append('\n').append(CLEAR_REST);
        line.setLength(0);
      } else if (Columns.of(line + character) <= room) {
        output.append(character);
        line.append(character);
      } else {
        output.append(broken(codePoint == ' ' ? "" : character));
      }
    }
    return output.toString();
  }

  /** Starts a new line with the word that the line ends in, which takes it away there. */
  private String broken(String character) {
    int space = character.isEmpty() ? -1 : line.lastIndexOf(" ");
    String word = space < 0 ? "" : line.substring(space + 1);
    int back = Columns.of(word);
    line.setLength(0);
    line.append(word).append(character);
    return (back > 0 ? "\033[" + back + "D" : "") + CLEAR_REST + "\n" + CLEAR_REST + line;
  }

  /** Ends the text with a line break and removes the status line; idempotent. */
  @Override
  public void close() {
    clear();
    if (textShown && !below) {
      terminal.print("\n");
    }
    textShown = false;
  }
}
