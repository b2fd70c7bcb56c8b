package io.moshimlx.terminal;

import io.moshimlx.audio.Microphone;
import java.io.IOError;
import java.io.IOException;
import java.util.EnumSet;
import org.jline.terminal.Attributes;
import org.jline.terminal.Attributes.ControlChar;
import org.jline.terminal.Attributes.LocalFlag;
import org.jline.terminal.TerminalBuilder;

/**
 * The keys of a live session, where stdin is a terminal: {@code m} mutes the microphone and opens
 * it again, {@code q} asks for the end. Ctrl-C stays the signal that it is.
 *
 * <p>From opening to closing keys come one by one and are not echoed; a process that is ended by a
 * signal leaves the terminal as it was, too.
 */
public final class LiveKeys implements AutoCloseable {
  private static final int USUAL_COLUMNS = 80;
  private static final int WAIT_MILLIS = 200;

  /** Of JLine's ways the one that needs no library of its own. */
  private static final String PROVIDER = "ffm";

  private final org.jline.terminal.Terminal keyboard;
  private final Microphone microphone;
  private volatile boolean quit;
  private volatile int columns = USUAL_COLUMNS;

  private LiveKeys(org.jline.terminal.Terminal keyboard, Microphone microphone) {
    this.keyboard = keyboard;
    this.microphone = microphone;
  }

  /** Listens to keys from now on; where there is no terminal none ever comes. */
  public static LiveKeys open(Terminal terminal, Microphone microphone) {
    LiveKeys keys = new LiveKeys(terminal.errIsTerminal() ? keyboard() : null, microphone);
    if (keys.present()) {
      keys.oneByOne();
      Thread.ofPlatform().name("keys").daemon().start(keys::listen);
    }
    return keys;
  }

  private static org.jline.terminal.Terminal keyboard() {
    try {
      return TerminalBuilder.builder()
          .system(true)
          .systemOutput(TerminalBuilder.SystemOutput.SysErr)
          .provider(PROVIDER)
          .dumb(false)
          .nativeSignals(false)
          .build();
    } catch (IOException | IllegalStateException e) {
      // Stdin is no terminal: the session goes without keys.
      return null;
    }
  }

  /** Keys without echo and without waiting for a line; signals stay, unlike in raw mode proper. */
  private void oneByOne() {
    Attributes attributes = keyboard.getAttributes();
    attributes.setLocalFlags(EnumSet.of(LocalFlag.ICANON, LocalFlag.ECHO), false);
    attributes.setControlChar(ControlChar.VMIN, 0);
    attributes.setControlChar(ControlChar.VTIME, 1);
    keyboard.setAttributes(attributes);
  }

  private void listen() {
    try {
      while (!quit) {
        switch (keyboard.reader().read(WAIT_MILLIS)) {
          case 'm', 'M' -> microphone.mute(!microphone.muted());
          case 'q', 'Q' -> quit = true;
          case -1 -> {
            return;
          }
          default -> {}
        }
      }
    } catch (IOException | IllegalStateException e) {
      // The terminal is closed or gone: no more keys.
    }
  }

  /** Whether there is a keyboard. */
  boolean present() {
    return keyboard != null;
  }

  /** Whether the user has asked for the end. */
  public boolean quit() {
    return quit;
  }

  /** The terminal's width now. */
  int columns() {
    if (keyboard != null) {
      try {
        int now = keyboard.getSize().getColumns();
        columns = now > 0 ? now : USUAL_COLUMNS;
      } catch (IllegalStateException | IOError e) {
        // Closed by a signal: the width it had.
      }
    }
    return columns;
  }

  /** Gives the terminal back as it was; idempotent. */
  @Override
  public void close() {
    if (keyboard != null) {
      try {
        keyboard.close();
      } catch (IOException e) {
        // A terminal that is gone has nothing to restore.
      }
    }
  }
}
