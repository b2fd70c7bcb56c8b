package io.moshimlx.audio;

import java.io.IOException;
import javax.sound.sampled.SourceDataLine;

/**
 * A playback line, and how much sound it still has to play.
 *
 * <p>Belongs to the thread that writes, except where it says otherwise.
 */
final class PlaybackLine {
  /** What is played by now cannot be told more exactly: systems fetch sound in blocks. */
  private static final long BLOCK_NANOS = 20_000_000;

  private final SourceDataLine line;
  private final PcmWriter writer;
  private final double nanosPerByte;

  /** Bytes that are available as the line runs dry. */
  private int capacity;

  private boolean primed;
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

  /**
   * Whether all sound has been played.
   *
   * <p>Asks the clock as well as the line: what a line says while it runs dry differs from system
   * to system.
   */
  boolean isDry() {
    // The first question makes some systems notice, the second has the answer.
    int _ = line.available();
    int available = line.available();
    return !primed
        || (remaining() < BLOCK_NANOS
            && (available == line.getBufferSize() || available >= capacity));
  }

  /** Writes a frame to a line that is dry, and learns from it how much the line holds. */
  void prime(float[] frame) throws IOException {
    capacity = put(frame) + line.available();
    primed = true;
    measure();
  }

  /** Writes a frame; blocks while the line is full. */
  void write(float[] frame) throws IOException {
    put(frame);
    measure();
  }

  /** Returns the number of bytes. */
  private int put(float[] frame) throws IOException {
    byte[] bytes = writer.encode(frame);
    if (line.write(bytes, 0, bytes.length) < bytes.length) {
      throw new IOException("it takes no more sound");
    }
    return bytes.length;
  }

  private void measure() {
    int content = Math.clamp((long) capacity - line.available(), 0, capacity);
    emptyAt = System.nanoTime() + Math.round(content * nanosPerByte);
  }
}
