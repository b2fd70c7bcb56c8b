package io.moshimlx.mimi;

import static java.util.Objects.requireNonNull;

/**
 * A stream of codes into audio.
 *
 * <p>Threads that use the same decoder wait for each other, {@link #close} too. After it every call
 * throws {@link MimiException}.
 */
public final class MimiDecoder implements AutoCloseable {
  /** 0 once closed. */
  private long handle;

  MimiDecoder(long handle) {
    this.handle = handle;
  }

  /**
   * Decodes the next frame of the stream.
   *
   * @param codes exactly {@link Mimi#codebooks} codes
   * @return {@link Mimi#FRAME_SAMPLES} samples, not clipped to ±1
   * @throws MimiException if the number of codes is another or a code is out of range; the stream
   *     is as it was before
   */
  public float[] decode(int[] codes) {
    float[] frame = new float[Mimi.FRAME_SAMPLES];
    decode(codes, frame);
    return frame;
  }

  /**
   * Decodes the next frame of the stream into an array of the caller's.
   *
   * @param codes exactly {@link Mimi#codebooks} codes
   * @param frame {@link Mimi#FRAME_SAMPLES} samples, not clipped to ±1
   * @throws MimiException if the number of codes or samples is another or a code is out of range;
   *     the stream is as it was before
   */
  public synchronized void decode(int[] codes, float[] frame) {
    requireNonNull(codes, "codes");
    requireNonNull(frame, "frame");
    NativeMimiDecoder.decode(handle(), codes, frame);
  }

  /** Begins a new stream. */
  public synchronized void reset() {
    NativeMimiDecoder.reset(handle());
  }

  /** Frees the memory of the stream. Closing again does nothing. */
  @Override
  public synchronized void close() {
    if (handle != 0) {
      NativeMimiDecoder.close(handle);
      handle = 0;
    }
  }

  private long handle() {
    if (handle == 0) {
      throw new MimiException("the decoder is closed");
    }
    return handle;
  }
}
