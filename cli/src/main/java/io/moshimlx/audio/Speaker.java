package io.moshimlx.audio;

import io.moshimlx.UserException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.sound.sampled.LineUnavailableException;
import javax.sound.sampled.SourceDataLine;

/**
 * A live loudspeaker.
 *
 * <p>A thread of its own gives the frames to the line, which holds two at most; two more may wait.
 * The aim is that one frame is still to be played as the next one comes: where playback runs dry, a
 * silent frame goes ahead, and where it lags, frames are left out, silent ones first.
 */
public final class Speaker implements AudioSink {
  /** Frames that wait at most, besides those in the line. */
  public static final int MAX_WAITING = 2;

  private static final long FRAME_NANOS =
      1_000_000_000L * AudioSource.FRAME_SAMPLES / AudioSource.SAMPLE_RATE;

  /** Sound still to be played, as a frame comes, from which on a silent one is left out. */
  private static final long LAGGING_NANOS = 7 * FRAME_NANOS / 4;

  /** Frames up to −50 dBFS pass for silent. */
  private static final double SILENT_POWER = 1e-5;

  /** For so long after its begin playback may run dry or lag without being counted. */
  private static final long SETTLING_NANOS = 1_000_000_000;

  /** Frames after which a line must play in order to take more. */
  private static final int FILLING_FRAMES = 5;

  private static final long IDLE_MILLIS = 50;

  private static final float[] SILENCE = new float[AudioSource.FRAME_SAMPLES];

  /** Told of everything that goes to the line, on the speaker's own thread. */
  @FunctionalInterface
  public interface Listener {
    /** Hears of nothing. */
    Listener NONE = (frame, nanosAhead) -> {};

    /**
     * Takes a frame just before it goes to the line.
     *
     * @param nanosAhead how long until it begins to sound, as far as the line tells
     */
    void played(float[] frame, long nanosAhead);
  }

  private final LineKeeper.Opener<SourceDataLine> opener;
  private final Listener listener;
  private final AudioNotices notices;
  private final LineKeeper keeper;

  private final Object lock = new Object();
  private final Deque<float[]> waiting = new ArrayDeque<>();
  private final FramePool frames = new FramePool();
  private long overruns;
  private final AtomicLong underruns = new AtomicLong();
  private volatile PlaybackLine line;

  /** When the line played its first frame; 0 before. */
  private volatile long begin;

  Speaker(
      AudioDevice device,
      LineKeeper.Opener<SourceDataLine> opener,
      Listener listener,
      AudioNotices notices,
      LineKeeper.Patience patience) {
    this.opener = opener;
    this.listener = listener;
    this.notices = notices;
    keeper = new LineKeeper(device, notices, patience, this::pump);
    keeper.start();
  }

  /**
   * Opens a loudspeaker.
   *
   * @throws UserException if it cannot be opened
   */
  public static Speaker open(AudioDevice device, Listener listener, AudioNotices notices) {
    return new Speaker(
        device, () -> LineFormats.playback(device), listener, notices, LineKeeper.Patience.USUAL);
  }

  private void pump(LineKeeper.Turn turn) throws IOException, LineUnavailableException {
    SourceDataLine opened = opener.open();
    turn.opened(opened);
    opened.start();
    PlaybackLine out = new PlaybackLine(opened);
    begin = 0;
    line = out;
    int written = 0;
    boolean wasSilent = false;
    while (!turn.over()) {
      float[] frame = take();
      if (frame == null) {
        turn.idle();
        continue;
      }
      pause(out.remaining() - FRAME_NANOS);
      boolean silent = isSilent(frame);
      boolean dry = out.isDry();
      if (dry) {
        runDry();
      }
      // Beginning anew costs what the line has, so a line is only set right between two silences.
      if (dry || (out.isAstray() && silent && wasSilent)) {
        listener.played(SILENCE, 0);
        out.prime(SILENCE);
      }
      wasSilent = silent;
      listener.played(frame, out.remaining());
      out.write(frame);
      frames.give(frame);
      // What a line takes at first only fills it.
      if (++written > FILLING_FRAMES) {
        turn.moved();
      } else {
        turn.idle();
      }
    }
  }

  private void runDry() {
    if (begin == 0) {
      begin = System.nanoTime();
    } else if (settled()) {
      underruns.incrementAndGet();
      notices.underrun();
    }
  }

  private boolean settled() {
    return begin != 0 && System.nanoTime() - begin > SETTLING_NANOS;
  }

  /** The next frame, or null if none comes for a while. */
  private float[] take() {
    synchronized (lock) {
      if (waiting.isEmpty()) {
        try {
          TimeUnit.MILLISECONDS.timedWait(lock, IDLE_MILLIS);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      return waiting.poll();
    }
  }

  private static void pause(long nanos) throws IOException {
    try {
      TimeUnit.NANOSECONDS.sleep(nanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /**
   * Has a frame played; returns at once. While the device is away nothing is kept.
   *
   * @throws UserException once the device has been away for 10 seconds
   */
  @Override
  public void write(float[] frame) {
    boolean open = keeper.tend();
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
        lock.notifyAll();
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

  /** Where too many frames wait, leaves out all but one; returns how many. */
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

  /** How often playback has run dry, its first second aside. */
  public long underruns() {
    return underruns.get();
  }

  /** Frames that were left out so that the sound does not lag, its first second aside. */
  public long overrunFrames() {
    synchronized (lock) {
      return overruns;
    }
  }

  /** The format it was opened in, for people. */
  public String format() {
    return keeper.format();
  }

  /** How often the device was lost. */
  public int outages() {
    return keeper.outages();
  }

  /** Falls silent at once: what waits is not played. */
  @Override
  public void close() {
    synchronized (lock) {
      waiting.clear();
    }
    keeper.close();
  }

  @Override
  public void discard() {
    close();
  }
}
