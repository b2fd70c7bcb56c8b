package io.moshimlx.audio;

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
 * <p>A thread of its own cuts what the line gives into frames, from the first {@link #read} on; two
 * wait at most, past that the oldest are dropped. While the device is away, {@link #read} gives
 * silent frames in real time, so that whoever counts frames keeps time.
 */
public final class Microphone implements AudioSource {
  /**
   * Frames that wait at most. With the one that is being encoded and the one after it that waits
   * for the model, no more than four are behind.
   */
  public static final int MAX_WAITING = 2;

  private static final long FRAME_NANOS = 1_000_000_000L * FRAME_SAMPLES / SAMPLE_RATE;

  /** A frame this late is not waited for any longer. */
  private static final long GRACE_NANOS = 3 * FRAME_NANOS;

  /**
   * A frame must have been waited for at least so long before silence stands in for it: where the
   * whole process was held up, its sound is still in the line.
   */
  private static final long WAITED_NANOS = 5 * FRAME_NANOS / 2;

  /** How often a reader that waits looks after the device. */
  private static final long TEND_NANOS = FRAME_NANOS / 2;

  /** Frames of exact zeros, 2 seconds, that are no accident. */
  private static final int SILENT_FRAMES = 25;

  private final LineKeeper.Opener<TargetDataLine> opener;
  private final Consumer<float[]> stage;
  private final AudioNotices notices;
  private final LineKeeper keeper;

  /**
   * Whether a line that gives zeros is opened anew: macOS gives them until its question whether the
   * microphone may be used is answered, and may go on with them in a line that was open then.
   */
  private final boolean reopens = OperatingSystem.isMac();

  private final Object lock = new Object();
  private final Queue<Captured> waiting = new ArrayDeque<>();
  private final FramePool frames = new FramePool();
  private long dropped;
  private long silent;
  private boolean closed;

  /** Whether anybody reads: what came before is nobody's. */
  private boolean reading;

  /** When the frame last read ended. */
  private long readEnd;

  /** Whether the frame last read was silence in place of one that did not come. */
  private boolean standingIn;

  /** For how long the next frame has been waited for, as far as the waiting went as planned. */
  private long waited;

  /** Frames of exact zeros since the start; −1 once there was any sound. */
  private int zeros;

  private volatile boolean muted;
  private volatile double level = Double.NEGATIVE_INFINITY;

  /** A frame, and when its last sample was captured by {@link System#nanoTime()}. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Captured(float[] samples, long end) {}

  Microphone(
      AudioDevice device,
      LineKeeper.Opener<TargetDataLine> opener,
      Consumer<float[]> stage,
      AudioNotices notices,
      LineKeeper.Patience patience) {
    this.opener = opener;
    this.stage = stage;
    this.notices = notices;
    keeper = new LineKeeper(device, notices, patience, this::pump);
    keeper.start();
  }

  /**
   * Opens a microphone.
   *
   * @param stage changes each frame as it is captured, those too that are dropped later; in the
   *     microphone's own thread
   * @throws UserException if it cannot be opened
   */
  public static Microphone open(AudioDevice device, Consumer<float[]> stage, AudioNotices notices) {
    return new Microphone(
        device, () -> LineFormats.capture(device), stage, notices, LineKeeper.Patience.USUAL);
  }

  /** What helps where a microphone gives nothing but zeros. */
  public static String zerosRemedy() {
    return OperatingSystem.isMac()
        ? "macOS may be asking whether this terminal may use the microphone: allow it; if it does"
            + " not ask, the switch is in System Settings > Privacy & Security > Microphone, and"
            + " 'tccutil reset Microphone' has it ask again; over ssh, in tmux or in an editor's"
            + " terminal another program is asked about, or none: use Terminal; the microphone of a"
            + " MacBook whose lid is closed gives zeros as well: choose another with --input-device"
        : "unmute it in the system's sound settings, or choose another with --input-device";
  }

  private void pump(LineKeeper.Turn turn) throws IOException, LineUnavailableException {
    boolean again = true;
    while (again) {
      again = listen(turn);
    }
  }

  /** Takes what a line gives until the turn is over; returns true if it is to be opened anew. */
  private boolean listen(LineKeeper.Turn turn) throws IOException, LineUnavailableException {
    TargetDataLine line = opener.open();
    turn.opened(line);
    line.start();
    AudioFormat format = line.getFormat();
    int rate = Math.round(format.getSampleRate());
    LineInput input = new LineInput(line, turn);
    PcmReader reader = PcmReader.of(input, format);
    SampleReader samples = rate == SAMPLE_RATE ? reader : new Resampler(reader, rate, SAMPLE_RATE);
    while (true) {
      float[] frame = frames.take();
      int read = samples.read(frame, 0, FRAME_SAMPLES);
      if (read < FRAME_SAMPLES || turn.over()) {
        return false;
      }
      long age = TimeUnit.SECONDS.toNanos(input.waiting()) / rate;
      noticeZeros(frame);
      stage.accept(frame);
      toGrid(frame);
      offer(new Captured(frame, System.nanoTime() - age));
      if (reopens && zeros > 0 && zeros % SILENT_FRAMES == 0) {
        turn.reopening();
        line.close();
        return true;
      }
    }
  }

  /** Rounds to 16 bits, so that a recording holds exactly what was heard. */
  private static void toGrid(float[] samples) {
    for (int i = 0; i < samples.length; i++) {
      samples[i] = PcmWriter.pcm16(samples[i]) / 0x1p15f;
    }
  }

  private void noticeZeros(float[] frame) {
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
      lock.notifyAll();
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
        readEnd = System.nanoTime();
      }
      while (!closed) {
        keeper.tend();
        Captured captured = waiting.poll();
        if (captured != null) {
          readEnd = captured.end();
          standingIn = false;
          waited = 0;
          return captured.samples();
        }
        long late = System.nanoTime() - readEnd - FRAME_NANOS;
        long grace = standingIn ? 0 : GRACE_NANOS;
        if (late >= grace && (standingIn || waited >= WAITED_NANOS)) {
          return standIn(late);
        }
        await(late >= grace ? TEND_NANOS : Math.min(grace - late, TEND_NANOS));
      }
      return null;
    }
  }

  private float[] standIn(long late) {
    // Whoever comes late to read is not to catch up on silence without end.
    readEnd += FRAME_NANOS + Math.max(0, late - GRACE_NANOS) / FRAME_NANOS * FRAME_NANOS;
    standingIn = true;
    silent++;
    float[] frame = frames.take();
    Arrays.fill(frame, 0f);
    return frame;
  }

  private void await(long nanos) {
    long planned = Math.max(nanos, 1_000_000);
    long start = System.nanoTime();
    try {
      TimeUnit.NANOSECONDS.timedWait(lock, planned);
      waited += Math.min(planned, System.nanoTime() - start);
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
      return reading ? (System.nanoTime() - readEnd) * 1e-6 : Double.NaN;
    }
  }

  /** Not known: a microphone has no end. */
  @Override
  public long totalFrames() {
    return -1;
  }

  /** Has {@link #read} give silence from the next frame on, or sound again. */
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

  /** Frames that were captured, but dropped because nobody read them in time. */
  public long droppedFrames() {
    synchronized (lock) {
      return dropped;
    }
  }

  /** Silent frames that stood in for the device while it was away. */
  public long silentFrames() {
    synchronized (lock) {
      return silent;
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

  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      waiting.clear();
      lock.notifyAll();
    }
    keeper.close();
  }
}
