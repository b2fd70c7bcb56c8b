package io.moshimlx.audio;

import io.moshimlx.Clock;
import java.io.IOException;
import javax.sound.sampled.SourceDataLine;

/**
 * A playback line, and how much sound it still has to play.
 *
 * <p>The clock decides, because a line plays in real time. The line's own account only lowers that
 * figure: on PulseAudio {@code available()} may lag by hundreds of milliseconds, and a writer that
 * relied on it would wait until playback runs dry.
 *
 * <p>For the thread that writes, except where a method says otherwise.
 */
final class PlaybackLine {
  /** Systems fetch sound in blocks, so its end is not known more exactly. */
  private static final long BLOCK_NANOS = 20_000_000;

  /** More sound by the line's account than by the clock, from which on the line drifts. */
  private static final long DRIFT_NANOS = 60_000_000;

  private final SourceDataLine line;
  private final Clock clock;
  private final PcmWriter writer;
  private final double nanosPerByte;

  /** {@code available()} of the empty line, in bytes. */
  private int capacity;

  private boolean primed;
  private boolean drifting;
  private volatile long emptyAt;

  PlaybackLine(SourceDataLine line, Clock clock) {
    this.line = line;
    this.clock = clock;
    emptyAt = clock.nanoTime();
    writer = new PcmWriter(line.getFormat());
    nanosPerByte = 1e9 / (line.getFormat().getFrameRate() * line.getFormat().getFrameSize());
  }

  /** Nanoseconds of sound still to be played, from 0; may be called by any thread. */
  long remaining() {
    return Math.max(0, emptyAt - clock.nanoTime());
  }

  /** Whether all sound has been played. */
  boolean isDry() {
    // On some systems the first call only updates the figure that the second one returns.
    int _ = line.available();
    return !primed
        || remaining() == 0
        || (remaining() < BLOCK_NANOS && line.available() >= capacity);
  }

  /**
   * Whether the line reports more sound than it can have by the clock: its account lags, or the
   * device is slower than the clock.
   */
  boolean isDrifting() {
    return drifting;
  }

  /** Discards the line's sound, begins anew with a frame, and measures how much the line holds. */
  void prime(float[] frame) throws IOException {
    line.flush();
    emptyAt = clock.nanoTime();
    int bytes = put(frame);
    capacity = bytes + line.available();
    primed = true;
    addWritten(bytes);
  }

  /** Writes a frame; blocks while the line is full. */
  void write(float[] frame) throws IOException {
    addWritten(put(frame));
  }

  /** Returns the number of bytes. */
  private int put(float[] frame) throws IOException {
    byte[] bytes = writer.encode(frame);
    if (line.write(bytes, 0, bytes.length) < bytes.length) {
      throw new IOException("it takes no more sound");
    }
    return bytes.length;
  }

  /** Updates when the line will be empty, after {@code bytes} were written. */
  private void addWritten(int bytes) {
    long now = clock.nanoTime();
    long byClock = Math.max(emptyAt, now) + Math.round(bytes * nanosPerByte);
    int content = Math.clamp((long) capacity - line.available(), 0, capacity);
    long byLine = now + Math.round(content * nanosPerByte);
    drifting = byLine - byClock > DRIFT_NANOS;
    emptyAt = Math.min(byClock, byLine);
  }
}
