package io.moshimlx.audio;

import io.moshimlx.mimi.Mimi;

/** Where the user's voice comes from: 24 kHz mono frames of 80 ms. */
public interface AudioSource extends AutoCloseable {
  int SAMPLE_RATE = Mimi.SAMPLE_RATE;

  /** Samples in a frame: 80 ms. */
  int FRAME_SAMPLES = Mimi.FRAME_SAMPLES;

  /** How long a frame lasts. */
  int FRAME_MILLIS = 1000 * FRAME_SAMPLES / SAMPLE_RATE;

  /** The same in nanoseconds. */
  long FRAME_NANOS = 1_000_000_000L * FRAME_SAMPLES / SAMPLE_RATE;

  /**
   * Reads the next frame.
   *
   * @param frame receives {@link #FRAME_SAMPLES} samples, nominally in −1..1
   * @return false when there is no further frame; {@code frame} is then as it was
   * @throws io.moshimlx.UserException if the source fails
   */
  boolean read(float[] frame);

  /** Frames from the start to the end, or −1 where that is not known beforehand. */
  long totalFrames();

  /**
   * How far the frame last read is behind real time, now: milliseconds since its last sample was
   * captured, so what waits behind it is included.
   *
   * @return NaN if this is not live, or nothing was read yet
   */
  default double lagMillis() {
    return Double.NaN;
  }

  @Override
  void close();
}
