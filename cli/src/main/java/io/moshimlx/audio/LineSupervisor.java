package io.moshimlx.audio;

import io.moshimlx.Clock;
import io.moshimlx.UserException;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import javax.sound.sampled.DataLine;
import javax.sound.sampled.LineUnavailableException;

/**
 * Keeps a device connected: a connection opens a line and moves sound on a thread of its own, and
 * when it fails or stalls the next one begins.
 *
 * <p>Calls into a sound system may block for good, so nobody waits for them: a connection that
 * stalls is abandoned, and its line is closed on yet another thread.
 */
final class LineSupervisor implements AutoCloseable {
  private static final long CLOSING_NANOS = 500_000_000;

  /**
   * When a connection counts as failed, and how often the next one is tried; all in milliseconds.
   *
   * @param opening at most, for a line to open and to move its first sound
   * @param stall at most, between two moves of sound
   * @param interval from the start of one connection to that of the next
   * @param giveUp after so long without a working line the device is given up
   */
  record RetryPolicy(long opening, long stall, long interval, long giveUp) {
    static final RetryPolicy DEFAULT = new RetryPolicy(3_000, 1_000, 250, 10_000);
  }

  /** Opens a line, without starting it; fails as {@link Task} may. */
  @FunctionalInterface
  interface Opener<L extends DataLine> {
    L open() throws LineUnavailableException;
  }

  /**
   * Opens a line and moves sound until the connection is abandoned. The exceptions named here and
   * {@link DeviceUnavailableException} blame the device; any other one is a defect.
   */
  @FunctionalInterface
  interface Task {
    void run(Connection connection) throws IOException, LineUnavailableException;
  }

  private final AudioDevice device;
  private final AudioNotices notices;
  private final RetryPolicy policy;
  private final Clock clock;
  private final Task task;

  private Connection connection;
  private long nextStart;
  private boolean lost;
  private long lostSince;
  private String fault = "it does not answer";
  private int outages;
  private UserException failure;
  private boolean closed;
  private String format;

  LineSupervisor(
      AudioDevice device, AudioNotices notices, RetryPolicy policy, Clock clock, Task task) {
    this.device = device;
    this.notices = notices;
    this.policy = policy;
    this.clock = clock;
    this.task = task;
  }

  /** One connection to the device, from before its line is opened until after that is closed. */
  final class Connection {
    private volatile DataLine line;
    private volatile boolean abandoned;
    private volatile boolean ended;
    private volatile boolean finished;
    private volatile boolean moving;
    private volatile long lastSign = clock.nanoTime();
    private volatile Exception fault;
    private volatile Throwable defect;

    private Connection() {}

    private void run() {
      try {
        task.run(this);
      } catch (IOException | LineUnavailableException | DeviceUnavailableException e) {
        fault = e;
      } catch (Throwable e) {
        defect = e;
      } finally {
        ended = true;
        changed();
        finish();
      }
    }

    private void finish() {
      try {
        if (line != null) {
          line.close();
        }
      } finally {
        finished = true;
        changed();
      }
    }

    private void changed() {
      synchronized (LineSupervisor.this) {
        clock.signal(LineSupervisor.this);
      }
    }

    /** Whether the task is to end. */
    boolean isAbandoned() {
      return abandoned;
    }

    /** The line is open. */
    void opened(DataLine open) throws IOException {
      line = open;
      lastSign = clock.nanoTime();
      changed();
      if (abandoned) {
        throw new IOException("too late");
      }
    }

    /** There is no sound to move, so the line has not stalled. */
    void idle() {
      lastSign = clock.nanoTime();
    }

    /** The line is closed and opened anew, which is no fault of the device. */
    void reopening() {
      lastSign = clock.nanoTime();
      moving = false;
    }

    /** The line has moved sound. */
    void moved() {
      lastSign = clock.nanoTime();
      moving = true;
    }

    private boolean hasStalled(long now) {
      return millis(now - lastSign) > (moving ? policy.stall() : policy.opening());
    }

    private void abandon() {
      abandoned = true;
      DataLine open = line;
      if (open != null) {
        clock.start("closing", open::close);
      }
    }
  }

  /**
   * Begins the first connection and waits for its line to open.
   *
   * @throws UserException if it does not
   */
  synchronized void start() {
    long now = clock.nanoTime();
    Connection first = connect(now);
    connection = first;
    long end = now + TimeUnit.MILLISECONDS.toNanos(policy.giveUp());
    try {
      while (first.line == null && !first.ended && now < end) {
        clock.await(this, end - now);
        now = clock.nanoTime();
      }
      if (first.defect != null) {
        throw new IllegalStateException(first.defect);
      }
      if (first.line == null) {
        throw cannotOpen(first.fault);
      }
      format = LineFormats.describe(first.line.getFormat());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw cannotOpen(e);
    } finally {
      if (first.line == null) {
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

  private Connection connect(long now) {
    Connection next = new Connection();
    nextStart = now + TimeUnit.MILLISECONDS.toNanos(policy.interval());
    clock.start(device.direction().kind(), next::run);
    return next;
  }

  /**
   * Checks the connection, and begins the next one where it has failed; to be called every 100 ms
   * or so while sound is wanted. Returns at once.
   *
   * @return whether a line is open
   * @throws UserException if the device has been away for too long
   */
  synchronized boolean poll() {
    if (failure != null) {
      throw failure;
    }
    if (closed) {
      return false;
    }
    if (connection != null && connection.defect != null) {
      throw new IllegalStateException(
          "the thread of the %s failed: %s".formatted(device.direction().kind(), connection.defect),
          connection.defect);
    }
    long now = clock.nanoTime();
    if (connection != null && (connection.ended || connection.hasStalled(now))) {
      disconnect(now);
    }
    if (lost && connection != null && connection.moving) {
      lost = false;
      notices.back(device);
    }
    if (lost && millis(now - lostSince) > policy.giveUp()) {
      disconnect(now);
      failure = gone();
      throw failure;
    }
    if (connection == null && now - nextStart >= 0) {
      connection = connect(now);
    }
    return connection != null && connection.line != null;
  }

  private void disconnect(long now) {
    if (connection != null) {
      fault = connection.fault == null ? "it stands still" : why(connection.fault);
      connection.abandon();
      connection = null;
    }
    if (!lost) {
      lost = true;
      lostSince = now;
      outages++;
      notices.lost(device);
    }
  }

  private UserException gone() {
    return new UserException(
        "the %s '%s' has been away for %.0f seconds (%s)"
            .formatted(device.direction().kind(), device.name(), policy.giveUp() / 1000.0, fault),
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

  /** The format of the first line, for people. */
  synchronized String format() {
    return format;
  }

  /** How often the device was lost. */
  synchronized int outages() {
    return outages;
  }

  /** Ends the connection and waits a moment for its line to close; idempotent. */
  @Override
  public synchronized void close() {
    closed = true;
    Connection last = connection;
    connection = null;
    if (last == null) {
      return;
    }
    last.abandon();
    try {
      long now = clock.nanoTime();
      long end = now + CLOSING_NANOS;
      while (!last.finished && now < end) {
        clock.await(this, end - now);
        now = clock.nanoTime();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
