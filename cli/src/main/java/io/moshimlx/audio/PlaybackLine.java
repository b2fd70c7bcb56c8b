package io.moshimlx.audio;

import java.io.IOException;
import javax.sound.sampled.SourceDataLine;

/**
 * A playback line, and how much sound it still has to play.
 *
 * <p>That is reckoned by the clock, for a line plays in real time. What the line says of its
 * content only ever lowers the reckoning: on PulseAudio {@code available()} may come to lag by
 * hundreds of milliseconds, and whoever believes it waits until playback runs dry.
 *
 * <p>Belongs to the thread that writes, except where it says otherwise.
 */
final class PlaybackLine {
  /** What is played by now cannot be told more exactly: systems fetch sound in blocks. */
  private static final long BLOCK_NANOS = 20_000_000;

  /** Sound that a line has by its own account and not by the clock, from which on it is astray. */
  private static final long ASTRAY_NANOS = 60_000_000;

  private final SourceDataLine line;
  private final PcmWriter writer;
  private final double nanosPerByte;

  /** Bytes that are available as the line runs dry. */
  private int capacity;

  private boolean primed;
  private boolean astray;
  private volatile long emptyAt = System.nanoTime();

  PlaybackLine(SourceDataLine line) {
    this.line = line;
    writer = new PcmWriter(line.getFormat());
    nanosPerByte = 1e9 / (line.getFormat().getFrameRate() * line.getFormat().getFrameSize());
  }

  /** Nanoseconds of sound still to be played; may be asked by any thread. */
  long remaining() {
    return Math.max(0, emptyAt - System.nanoTime());
  }

  /** Whether all sound has been played. */
  boolean isDry() {
    // The first question makes some systems notice, the second has the answer.
    int _ = line.available();
    return !primed
        || remaining() == 0
        || (remaining() < BLOCK_NANOS && line.available() >= capacity);
  }

  /**
   * Whether the line claims to have more sound than the clock leaves it: its account lags, or the
   * device is slower than the clock.
   */
  boolean isAstray() {
    return astray;
  }

  /** Begins with a frame, and learns from it how much the line holds; what it still has is lost. */
  void prime(float[] frame) throws IOException {
    line.flush();
    emptyAt = System.nanoTime();
    int bytes = put(frame);
    capacity = bytes + line.available();
    primed = true;
    reckon(bytes);
  }

  /** Writes a frame; blocks while the line is full. */
  void write(float[] frame) throws IOException {
    reckon(put(frame));
  }

  /** Returns the number of bytes. */
  private int put(float[] frame) throws IOException {
    byte[] bytes = writer.encode(frame);
    if (line.write(bytes, 0, bytes.length) < bytes.length) {
      throw new IOException("it takes no more sound");
    }
    return bytes.length;
  }

  /** Adds what was written now. */
  private void reckon(int bytes) {
    long now = System.nanoTime();
    long byClock = Math.max(emptyAt, now) + Math.round(bytes * nanosPerByte);
    int content = Math.clamp((long) capacity - line.available(), 0, capacity);
    long byLine = now + Math.round(content * nanosPerByte);
    astray = byLine - byClock > ASTRAY_NANOS;
    emptyAt = Math.min(byClock, byLine);
  }
}
