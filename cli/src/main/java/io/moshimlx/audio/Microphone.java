package io.moshimlx.audio;

import io.moshimlx.Clock;
import io.moshimlx.OperatingSystem;
import io.moshimlx.UserException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.LineUnavailableException;
import javax.sound.sampled.TargetDataLine;

/**
 * A live microphone.
 *
 * <p>From the first {@link #read} on, a thread of its own cuts the sound of the line into frames.
 * At most two of them wait; then the oldest ones are dropped. While the device is away, {@link
 * #read} gives silent frames in real time, so that the number of frames still measures the time.
 */
public final class Microphone implements AudioSource {
  /**
   * Frames that wait at most. With the one that is being encoded and the one after it that waits
   * for the model, no more than four are behind.
   */
  public static final int MAX_WAITING = 2;

  private static final long FRAME_NANOS = 1_000_000_000L * FRAME_SAMPLES / SAMPLE_RATE;

  /** A reader does not wait any longer for a frame that is so late. */
  private static final long GRACE_NANOS = 3 * FRAME_NANOS;

  /**
   * A reader waits at least so long for a frame before silence replaces it: after a delay of the
   * whole process the sound is still in the line.
   */
  private static final long WAITED_NANOS = 5 * FRAME_NANOS / 2;

  /** How often a reader that waits checks the device. */
  private static final long POLL_NANOS = FRAME_NANOS / 2;

  /** So many frames of exact zeros, 2 seconds, are no accident. */
  private static final int SILENT_FRAMES = 25;

  private final LineSupervisor.Opener<TargetDataLine> opener;
  private final Consumer<float[]> filter;
  private final AudioNotices notices;
  private final Clock clock;
  private final LineSupervisor supervisor;

  /**
   * Whether a line that gives zeros is opened anew: macOS gives them until the user has allowed the
   * microphone, and a line that was open before may give them even longer.
   */
  private final boolean reopens = OperatingSystem.isMac();

  private final Object lock = new Object();
  private final Queue<Captured> waiting = new ArrayDeque<>();
  private final FramePool frames = new FramePool();
  private long dropped;
  private long silent;
  private boolean closed;

  /** Whether the first read has begun; sound from before it is not kept. */
  private boolean reading;

  /** When the frame last read ended. */
  private long readEnd;

  /** Whether the frame last read was silence that replaced a missing one. */
  private boolean standingIn;

  /** How long the reader has waited for the next frame, without delays of the whole process. */
  private long waited;

  /** Frames of exact zeros since the start; −1 once there was any sound. */
  private int zeros;

  private volatile boolean muted;
  private volatile double level = Double.NEGATIVE_INFINITY;

  /** A frame, and when its last sample was captured by {@link Clock#nanoTime()}. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Captured(float[] samples, long end) {}

  Microphone(
      AudioDevice device,
      LineSupervisor.Opener<TargetDataLine> opener,
      Consumer<float[]> filter,
      AudioNotices notices,
      LineSupervisor.RetryPolicy policy,
      Clock clock) {
    this.opener = opener;
    this.filter = filter;
    this.notices = notices;
    this.clock = clock;
    supervisor = new LineSupervisor(device, notices, policy, clock, this::run);
    supervisor.start();
  }

  /**
   * Opens a microphone.
   *
   * @param filter changes each frame as it is captured, also one that is dropped later; called on
   *     the microphone's own thread
   * @throws UserException if it cannot be opened
   */
  public static Microphone open(
      AudioDevice device, Consumer<float[]> filter, AudioNotices notices) {
    return new Microphone(
        device,
        () -> LineFormats.capture(device),
        filter,
        notices,
        LineSupervisor.RetryPolicy.DEFAULT,
        Clock.SYSTEM);
  }

  /** The remedy for a microphone that gives nothing but zeros. */
  public static String zerosRemedy() {
    return OperatingSystem.isMac()
        ? "macOS may be asking whether this terminal may use the microphone: allow it; if it does"
            + " not ask, the switch is in System Settings > Privacy & Security > Microphone, and"
            + " 'tccutil reset Microphone' has it ask again; over ssh, in tmux or in an editor's"
            + " terminal another program is asked about, or none: use Terminal; the microphone of a"
            + " MacBook whose lid is closed gives zeros as well: choose another with --input-device"
        : "unmute it in the system's sound settings, or choose another with --input-device";
  }

  private void run(LineSupervisor.Connection connection)
      throws IOException, LineUnavailableException {
    boolean again = true;
    while (again) {
      again = capture(connection);
    }
  }

  /** Captures from one line until it ends; returns true if it is to be opened anew. */
  private boolean capture(LineSupervisor.Connection connection)
      throws IOException, LineUnavailableException {
    TargetDataLine line = opener.open();
    connection.opened(line);
    line.start();
    AudioFormat format = line.getFormat();
    int rate = Math.round(format.getSampleRate());
    LineInput input = new LineInput(line, connection, clock);
    PcmReader reader = PcmReader.of(input, format);
    SampleReader samples = rate == SAMPLE_RATE ? reader : new Resampler(reader, rate, SAMPLE_RATE);
    while (true) {
      float[] frame = frames.take();
      int read = samples.read(frame, 0, FRAME_SAMPLES);
      if (read < FRAME_SAMPLES || connection.isAbandoned()) {
        return false;
      }
      long age = TimeUnit.SECONDS.toNanos(input.waiting()) / rate;
      countZeros(frame);
      filter.accept(frame);
      roundTo16Bits(frame);
      offer(new Captured(frame, clock.nanoTime() - age));
      if (reopens && zeros > 0 && zeros % SILENT_FRAMES == 0) {
        connection.reopening();
        line.close();
        return true;
      }
    }
  }

  /** Rounds to 16 bits, so that a recording holds exactly what was heard. */
  private static void roundTo16Bits(float[] samples) {
    for (int i = 0; i < samples.length; i++) {
      samples[i] = PcmWriter.pcm16(samples[i]) / 0x1p15f;
    }
  }

  private void countZeros(float[] frame) {
    if (zeros < 0) {
      return;
    }
    for (float sample : frame) {
      if (sample != 0) {
        zeros = -1;
        return;
      }
    }
    if (++zeros == SILENT_FRAMES) {
      notices.silentMicrophone();
    }
  }

  private void offer(Captured frame) {
    boolean full;
    synchronized (lock) {
      if (!reading) {
        frames.give(frame.samples());
        return;
      }
      full = waiting.size() == MAX_WAITING;
      if (full) {
        frames.give(waiting.remove().samples());
        dropped++;
      }
      waiting.add(frame);
      clock.signal(lock);
    }
    if (full) {
      notices.dropped(1);
    }
  }

  /**
   * Waits for the next frame.
   *
   * @return false as soon as this is closed, by whichever thread
   * @throws UserException once the device has been away for 10 seconds
   */
  @Override
  public boolean read(float[] frame) {
    float[] samples = next();
    if (samples == null) {
      return false;
    }
    if (muted) {
      Arrays.fill(frame, 0f);
    } else {
      System.arraycopy(samples, 0, frame, 0, FRAME_SAMPLES);
    }
    frames.give(samples);
    level = decibels(frame);
    return true;
  }

  /** The next frame's samples; null once closed. */
  private float[] next() {
    synchronized (lock) {
      if (!reading) {
        reading = true;
        readEnd = clock.nanoTime();
      }
      while (!closed) {
        supervisor.poll();
        Captured captured = waiting.poll();
        if (captured != null) {
          readEnd = captured.end();
          standingIn = false;
          waited = 0;
          return captured.samples();
        }
        long late = clock.nanoTime() - readEnd - FRAME_NANOS;
        long grace = standingIn ? 0 : GRACE_NANOS;
        if (late >= grace && (standingIn || waited >= WAITED_NANOS)) {
          return standIn(late);
        }
        await(late >= grace ? POLL_NANOS : Math.min(grace - late, POLL_NANOS));
      }
      return null;
    }
  }

  private float[] standIn(long late) {
    // A reader that comes late must not catch up on silence without end.
    readEnd += FRAME_NANOS + Math.max(0, late - GRACE_NANOS) / FRAME_NANOS * FRAME_NANOS;
    standingIn = true;
    silent++;
    float[] frame = frames.take();
    Arrays.fill(frame, 0f);
    return frame;
  }

  private void await(long nanos) {
    long planned = Math.max(nanos, 1_000_000);
    long start = clock.nanoTime();
    try {
      clock.await(lock, planned);
      waited += Math.min(planned, clock.nanoTime() - start);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closed = true;
    }
  }

  private static double decibels(float[] frame) {
    double sum = 0;
    for (float sample : frame) {
      sum += (double) sample * sample;
    }
    return 10 * Math.log10(sum / frame.length);
  }

  @Override
  public double lagMillis() {
    synchronized (lock) {
      return reading ? (clock.nanoTime() - readEnd) * 1e-6 : Double.NaN;
    }
  }

  /** −1: a microphone has no end. */
  @Override
  public long totalFrames() {
    return -1;
  }

  /** Makes {@link #read} give silence from the next frame on, or sound again. */
  public void mute(boolean mute) {
    muted = mute;
  }

  public boolean muted() {
    return muted;
  }

  /** The level of the frame last read, in dBFS by its RMS; −∞ for silence. */
  public double levelDb() {
    return level;
  }

  /** Captured frames that were dropped because they were not read in time. */
  public long droppedFrames() {
    synchronized (lock) {
      return dropped;
    }
  }

  /** Silent frames that replaced missing ones, as while the device was away. */
  public long silentFrames() {
    synchronized (lock) {
      return silent;
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

  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      waiting.clear();
      clock.signal(lock);
    }
    supervisor.close();
  }
}
