package io.moshimlx.terminal;

import io.moshimlx.audio.Microphone;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The keys of a live session, if stdin is a terminal: {@code m} mutes the microphone and opens it
 * again, {@code q} ends the session. Ctrl-C and Ctrl-Z remain signals.
 *
 * <p>From opening to closing, keys come one by one and are not echoed, as long as the session is in
 * the terminal's foreground. In the background the terminal belongs to the shell: it is neither
 * read nor changed. A stopped session leaves the terminal as it was.
 */
public final class LiveKeys implements AutoCloseable {
  private static final int USUAL_COLUMNS = 80;

  /** Waits a tenth of a second for a key: a read never blocks longer. */
  private static final String[] ONE_BY_ONE = {"-icanon", "-echo", "min", "0", "time", "1"};

  /** A read that returns faster without a key comes from a terminal that is gone. */
  private static final long LEAST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private static final int MOST_AT_ONCE = 10;

  /** Clears from the cursor on, where the status line is. */
  private static final String CLEAR_REST = "\033[J";

  private final Terminal terminal;
  private final Microphone microphone;
  private final boolean present;
  private final InputStream keyboard = System.in;

  /** The terminal's modes before they were changed; empty while they are not. */
  private Optional<String> before = Optional.empty();

  /**
   * Held while the terminal is read or changes hands; fair, so that the reader does not keep it.
   */
  private final Lock lock = new ReentrantLock(true);

  private boolean closed;
  private volatile boolean foreground = true;
  private volatile boolean quit;
  private volatile int columns = USUAL_COLUMNS;

  private LiveKeys(Terminal terminal, Microphone microphone, boolean present) {
    this.terminal = terminal;
    this.microphone = microphone;
    this.present = present;
  }

  /** Listens to keys from now on; without a terminal none ever comes. */
  public static LiveKeys open(Terminal terminal, Microphone microphone) {
    LiveKeys keys =
        new LiveKeys(terminal, microphone, terminal.errIsTerminal() && Stty.modes().isPresent());
    if (keys.present) {
      keys.take();
      keys.watchSignals();
      // Ctrl-C ends the process during a load, too.
      Runtime.getRuntime().addShutdownHook(new Thread(keys::close, "terminal"));
      Thread.ofPlatform().name("keys").daemon().start(keys::listen);
    } else if (terminal.errIsTerminal()) {
      // Even if stdin is no terminal, the status line may be that of a background job.
      keys.foreground = Stty.inForeground();
    }
    return keys;
  }

  private void watchSignals() {
    Signals.handle("TSTP", this::stop);
    Signals.handle("CONT", this::take);
    Signals.handle("WINCH", this::measure);
  }

  private void measure() {
    columns = Stty.columns().orElse(USUAL_COLUMNS);
  }

  /** Makes keys come one by one, if the terminal is this session's. */
  private void take() {
    lock.lock();
    try {
      foreground = Stty.inForeground();
      if (foreground && !closed) {
        before = before.or(Stty::modes);
        Stty.set(ONE_BY_ONE);
        measure();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Restores the terminal's modes. */
  private void release() {
    if (before.isPresent() && Stty.inForeground()) {
      Stty.set(before.orElseThrow());
    }
    before = Optional.empty();
  }

  /** Stops the process (Ctrl-Z) after restoring the terminal's modes. */
  private void stop() {
    lock.lock();
    try {
      // Keeps the status line from being drawn again after it is cleared.
      foreground = false;
      terminal.err().print(CLEAR_REST);
      release();
      Signals.reset("TSTP");
      Stty.stop();
      Signals.handle("TSTP", this::stop);
      take();
    } finally {
      lock.unlock();
    }
  }

  private void listen() {
    int atOnce = 0;
    try {
      while (!quit && atOnce < MOST_AT_ONCE) {
        if (!foreground) {
          // A shell that brings it to the front sends no signal.
          TimeUnit.SECONDS.sleep(1);
          take();
          continue;
        }
        long start = System.nanoTime();
        switch (read()) {
          case 'm', 'M' -> microphone.mute(!microphone.muted());
          case 'q', 'Q' -> quit = true;
          case -1 -> {
            atOnce = System.nanoTime() - start < LEAST_WAIT_NANOS ? atOnce + 1 : 0;
          }
          default -> {}
        }
      }
    } catch (IOException e) {
      // The terminal is gone: no more keys.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The next key, or -1; not while the terminal changes hands. */
  private int read() throws IOException {
    lock.lock();
    try {
      return foreground && !closed ? keyboard.read() : -1;
    } finally {
      lock.unlock();
    }
  }

  /** Whether there is a keyboard. */
  boolean present() {
    return present;
  }

  /** Whether the session may draw on the terminal. */
  boolean inForeground() {
    return foreground;
  }

  /** Whether the user has pressed {@code q}. */
  public boolean quit() {
    return quit;
  }

  /** The terminal's current width. */
  int columns() {
    return columns;
  }

  /** Restores the terminal's modes; idempotent. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (present && !closed) {
        closed = true;
        quit = true;
        List.of("TSTP", "CONT", "WINCH").forEach(Signals::reset);
        release();
      }
    } finally {
      lock.unlock();
    }
  }
}
