package io.moshimlx.audio;

import io.moshimlx.UserException;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sound.sampled.DataLine;
import javax.sound.sampled.LineUnavailableException;

/**
 * Keeps a device at work: a turn opens its line and moves sound on a thread of its own, and when
 * that fails or stands still the next turn begins.
 *
 * <p>Calls into a sound system may block for good, so nothing here waits for one: a turn that
 * stands still is left to itself, and its line is closed on yet another thread.
 */
final class LineKeeper implements AutoCloseable {
  private static final long CLOSING_MILLIS = 500;

  /**
   * How long is waited for what, in milliseconds.
   *
   * @param opening for a line to open and to begin
   * @param moving for a line that works to move sound
   * @param retry from the start of one turn to that of the next
   * @param away for a device to come back
   */
  record Patience(long opening, long moving, long retry, long away) {
    static final Patience USUAL = new Patience(3_000, 1_000, 250, 10_000);
  }

  /** Opens a line, without starting it; fails as {@link Work} may. */
  @FunctionalInterface
  interface Opener<L extends DataLine> {
    L open() throws LineUnavailableException;
  }

  /**
   * What a turn does: opens the line, then moves sound until the turn is over. The exceptions named
   * here and {@link DeviceUnavailableException} blame the device; anything else is a defect.
   */
  @FunctionalInterface
  interface Work {
    void run(Turn turn) throws IOException, LineUnavailableException;
  }

  private final AudioDevice device;
  private final AudioNotices notices;
  private final Patience patience;
  private final Work work;

  private Turn turn;
  private long nextTurn;
  private boolean away;
  private long awaySince;
  private String fault = "it does not answer";
  private int outages;
  private UserException failure;
  private boolean closed;
  private String format;

  LineKeeper(AudioDevice device, AudioNotices notices, Patience patience, Work work) {
    this.device = device;
    this.notices = notices;
    this.patience = patience;
    this.work = work;
  }

  /** One attempt at the device. */
  final class Turn {
    private final CountDownLatch begun = new CountDownLatch(1);
    private final Thread thread;
    private volatile DataLine line;
    private volatile boolean over;
    private volatile boolean ended;
    private volatile boolean moving;
    private volatile long lastSign = System.nanoTime();
    private volatile Exception fault;
    private volatile Throwable defect;

    private Turn() {
      thread = Thread.ofPlatform().daemon().name(device.direction().kind()).unstarted(this::run);
    }

    private void run() {
      try {
        work.run(this);
      } catch (IOException | LineUnavailableException | DeviceUnavailableException e) {
        fault = e;
      } catch (Throwable e) {
        defect = e;
      } finally {
        ended = true;
        begun.countDown();
        if (line != null) {
          line.close();
        }
      }
    }

    /** Whether this turn is to end: what it does no longer counts. */
    boolean over() {
      return over;
    }

    /** The line is open. */
    void opened(DataLine open) throws IOException {
      line = open;
      lastSign = System.nanoTime();
      begun.countDown();
      if (over) {
        throw new IOException("too late");
      }
    }

    /** There is nothing to do: the line is not to blame if it moves no sound. */
    void idle() {
      lastSign = System.nanoTime();
    }

    /** The line is closed and opened anew, which is no fault of the device. */
    void reopening() {
      lastSign = System.nanoTime();
      moving = false;
    }

    /** The line has moved sound. */
    void moved() {
      lastSign = System.nanoTime();
      moving = true;
    }

    private boolean standsStill(long now) {
      return millis(now - lastSign) > (moving ? patience.moving() : patience.opening());
    }

    private void abandon() {
      over = true;
      DataLine open = line;
      if (open != null) {
        Thread.ofPlatform().daemon().name("closing").start(open::close);
      }
    }
  }

  /**
   * Begins the first turn and waits for its line to open.
   *
   * @throws UserException if it does not
   */
  synchronized void start() {
    turn = begin(System.nanoTime());
    try {
      boolean begun = turn.begun.await(patience.away(), TimeUnit.MILLISECONDS);
      if (turn.defect != null) {
        throw new IllegalStateException(turn.defect);
      }
      if (!begun || turn.line == null) {
        throw cannotOpen(turn.fault);
      }
      format = LineFormats.describe(turn.line.getFormat());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw cannotOpen(e);
    } finally {
      if (turn.line == null) {
        close();
      }
    }
  }

  private UserException cannotOpen(Exception e) {
    return new UserException(
        "the %s '%s' cannot be opened: %s"
            .formatted(device.direction().kind(), device.name(), why(e)),
        "choose another with %s (moshi-mlx devices lists them), or talk through files with --input FILE"
            .formatted(device.direction().option()),
        e);
  }

  private Turn begin(long now) {
    Turn next = new Turn();
    nextTurn = now + TimeUnit.MILLISECONDS.toNanos(patience.retry());
    next.thread.start();
    return next;
  }

  /**
   * Looks after the line; to be called every 100 ms or so while sound is wanted. Returns at once.
   *
   * @return whether a line is open
   * @throws UserException if the device has been away for too long
   */
  synchronized boolean tend() {
    if (failure != null) {
      throw failure;
    }
    if (closed) {
      return false;
    }
    if (turn != null && turn.defect != null) {
      throw new IllegalStateException(
          "the thread of the %s failed: %s".formatted(device.direction().kind(), turn.defect),
          turn.defect);
    }
    long now = System.nanoTime();
    if (turn != null && (turn.ended || turn.standsStill(now))) {
      loseTurn(now);
    }
    if (away && turn != null && turn.moving) {
      away = false;
      notices.back(device);
    }
    if (away && millis(now - awaySince) > patience.away()) {
      loseTurn(now);
      failure = gone();
      throw failure;
    }
    if (turn == null && now - nextTurn >= 0) {
      turn = begin(now);
    }
    return turn != null && turn.line != null;
  }

  private void loseTurn(long now) {
    if (turn != null) {
      fault = turn.fault == null ? "it stands still" : why(turn.fault);
      turn.abandon();
      turn = null;
    }
    if (!away) {
      away = true;
      awaySince = now;
      outages++;
      notices.lost(device);
    }
  }

  private UserException gone() {
    return new UserException(
        "the %s '%s' has been away for %.0f seconds (%s)"
            .formatted(device.direction().kind(), device.name(), patience.away() / 1000.0, fault),
        "connect it again, or choose another with %s".formatted(device.direction().option()));
  }

  private static String why(Exception e) {
    return e == null || e.getMessage() == null
        ? "it does not answer"
        : e.getMessage().replaceFirst("\\.\\s*$", "");
  }

  private static long millis(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos);
  }

  /** What the line was opened in at first, for people. */
  synchronized String format() {
    return format;
  }

  /** How often the device was lost. */
  synchronized int outages() {
    return outages;
  }

  /** Ends the turn and waits a moment for its line to close; idempotent. */
  @Override
  public void close() {
    Turn last;
    synchronized (this) {
      closed = true;
      last = turn;
      turn = null;
    }
    if (last == null) {
      return;
    }
    last.abandon();
    try {
      last.thread.join(CLOSING_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
