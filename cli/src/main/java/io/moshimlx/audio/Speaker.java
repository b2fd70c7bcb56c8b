package io.moshimlx.audio;

import io.moshimlx.Clock;
import io.moshimlx.UserException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicLong;
import javax.sound.sampled.LineUnavailableException;
import javax.sound.sampled.SourceDataLine;

/**
 * A live loudspeaker.
 *
 * <p>A thread of its own writes the frames to the line, which holds two at most; two more may wait.
 * The aim is that one frame is still to be played when the next one comes: when playback runs dry,
 * a silent frame is played first, and when it lags, frames are left out, silent ones first.
 */
public final class Speaker implements AudioSink {
  /** Frames that wait at most, besides those in the line. */
  public static final int MAX_WAITING = 2;

  private static final long FRAME_NANOS =
      1_000_000_000L * AudioSource.FRAME_SAMPLES / AudioSource.SAMPLE_RATE;

  /** With so much sound still to be played, a silent frame that comes is left out. */
  private static final long LAGGING_NANOS = 7 * FRAME_NANOS / 4;

  /** Frames of at most −50 dBFS count as silent. */
  private static final double SILENT_POWER = 1e-5;

  /** For so long after its start, playback may run dry or lag without being counted. */
  private static final long SETTLING_NANOS = 1_000_000_000;

  /** So many frames only fill a line; it takes more only if it plays. */
  private static final int FILLING_FRAMES = 5;

  /** How long the thread waits for a frame before it reports that it is idle. */
  private static final long IDLE_NANOS = 50_000_000;

  private static final float[] SILENCE = new float[AudioSource.FRAME_SAMPLES];

  /** Receives everything that goes to the line, on the speaker's own thread. */
  @FunctionalInterface
  public interface Listener {
    /** Ignores everything. */
    Listener NONE = (frame, nanosAhead) -> {};

    /**
     * Takes a frame just before it goes to the line.
     *
     * @param nanosAhead how long until it begins to sound, as far as is known
     */
    void played(float[] frame, long nanosAhead);
  }

  private final LineSupervisor.Opener<SourceDataLine> opener;
  private final Listener listener;
  private final AudioNotices notices;
  private final Clock clock;
  private final LineSupervisor supervisor;

  private final Object lock = new Object();
  private final Deque<float[]> waiting = new ArrayDeque<>();
  private final FramePool frames = new FramePool();
  private long overruns;
  private final AtomicLong underruns = new AtomicLong();
  private volatile PlaybackLine line;

  /** When the line played its first frame; 0 before. */
  private volatile long startNanos;

  Speaker(
      AudioDevice device,
      LineSupervisor.Opener<SourceDataLine> opener,
      Listener listener,
      AudioNotices notices,
      LineSupervisor.RetryPolicy policy,
      Clock clock) {
    this.opener = opener;
    this.listener = listener;
    this.notices = notices;
    this.clock = clock;
    supervisor = new LineSupervisor(device, notices, policy, clock, this::play);
    supervisor.start();
  }

  /**
   * Opens a loudspeaker.
   *
   * @throws UserException if it cannot be opened
   */
  public static Speaker open(AudioDevice device, Listener listener, AudioNotices notices) {
    return new Speaker(
        device,
        () -> LineFormats.playback(device),
        listener,
        notices,
        LineSupervisor.RetryPolicy.DEFAULT,
        Clock.SYSTEM);
  }

  private void play(LineSupervisor.Connection connection)
      throws IOException, LineUnavailableException {
    SourceDataLine opened = opener.open();
    connection.opened(opened);
    opened.start();
    PlaybackLine out = new PlaybackLine(opened, clock);
    startNanos = 0;
    line = out;
    int written = 0;
    boolean wasSilent = false;
    while (!connection.isAbandoned()) {
      float[] frame = take();
      if (frame == null) {
        connection.idle();
        continue;
      }
      pause(out.remaining() - FRAME_NANOS);
      boolean silent = isSilent(frame);
      boolean dry = out.isDry();
      if (dry) {
        runDry();
      }
      // Beginning anew loses the line's sound, so a drift is only corrected between two silences.
      if (dry || (out.isDrifting() && silent && wasSilent)) {
        listener.played(SILENCE, 0);
        out.prime(SILENCE);
      }
      wasSilent = silent;
      listener.played(frame, out.remaining());
      out.write(frame);
      frames.give(frame);
      if (++written > FILLING_FRAMES) {
        connection.moved();
      } else {
        connection.idle();
      }
    }
  }

  private void runDry() {
    if (startNanos == 0) {
      startNanos = clock.nanoTime();
    } else if (settled()) {
      underruns.incrementAndGet();
      notices.underrun();
    }
  }

  private boolean settled() {
    return startNanos != 0 && clock.nanoTime() - startNanos > SETTLING_NANOS;
  }

  /** The next frame, or null if none comes for a while. */
  private float[] take() {
    synchronized (lock) {
      if (waiting.isEmpty()) {
        try {
          clock.await(lock, IDLE_NANOS);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      return waiting.poll();
    }
  }

  private void pause(long nanos) throws IOException {
    try {
      clock.sleep(nanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /**
   * Plays a frame; returns at once. While the device is away, frames are dropped.
   *
   * @throws UserException once the device has been away for 10 seconds
   */
  @Override
  public void write(float[] frame) {
    boolean open = supervisor.poll();
    int leftOut = 0;
    synchronized (lock) {
      if (!open) {
        waiting.clear();
      } else if (ahead() > LAGGING_NANOS && isSilent(frame)) {
        leftOut = 1;
      } else {
        float[] own = frames.take();
        System.arraycopy(frame, 0, own, 0, own.length);
        waiting.add(own);
        leftOut = trim();
        clock.signal(lock);
      }
      leftOut = settled() ? leftOut : 0;
      overruns += leftOut;
    }
    if (leftOut > 0) {
      notices.overrun(leftOut);
    }
  }

  /** Sound that waits to be played, in the line or before it. */
  private long ahead() {
    PlaybackLine out = line;
    return waiting.size() * FRAME_NANOS + (out == null ? 0 : out.remaining());
  }

  /** If too many frames wait, drops all but one; returns how many. */
  private int trim() {
    if (waiting.size() <= MAX_WAITING) {
      return 0;
    }
    int before = waiting.size();
    Iterator<float[]> iterator = waiting.iterator();
    while (iterator.hasNext() && waiting.size() > 1) {
      float[] frame = iterator.next();
      if (isSilent(frame)) {
        iterator.remove();
        frames.give(frame);
      }
    }
    while (waiting.size() > 1) {
      frames.give(waiting.removeFirst());
    }
    return before - waiting.size();
  }

  private static boolean isSilent(float[] frame) {
    double power = 0;
    for (float sample : frame) {
      power += (double) sample * sample;
    }
    return power <= SILENT_POWER * frame.length;
  }

  /** How long from now a frame written now would begin to play, in milliseconds. */
  public double latencyMillis() {
    synchronized (lock) {
      return ahead() * 1e-6;
    }
  }

  /** How often playback ran dry after its first second. */
  public long underruns() {
    return underruns.get();
  }

  /** Frames that were left out after the first second so that the sound does not lag. */
  public long overrunFrames() {
    synchronized (lock) {
      return overruns;
    }
  }

  /** The format in which it was opened, for people. */
  public String format() {
    return supervisor.format();
  }

  /** How often the device was lost. */
  public int outages() {
    return supervisor.outages();
  }

  /** Falls silent at once: waiting frames are not played. */
  @Override
  public void close() {
    synchronized (lock) {
      waiting.clear();
    }
    supervisor.close();
  }

  @Override
  public void discard() {
    close();
  }
}
