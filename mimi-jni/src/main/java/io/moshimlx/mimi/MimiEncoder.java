package io.moshimlx.mimi;

import static java.util.Objects.requireNonNull;

/**
 * A stream of audio into codes.
 *
 * <p>Threads that use the same encoder wait for each other, {@link #close} too. After it every call
 * throws {@link MimiException}.
 */
public final class MimiEncoder implements AutoCloseable {
  /** 0 once closed. */
  private long handle;

  MimiEncoder(long handle) {
    this.handle = handle;
  }

  /**
   * Encodes the next samples of the stream.
   *
   * @param pcm samples, usually one frame. Any other number is fine too: what does not fill a frame
   *     is kept until later calls have filled it. Samples that are NaN, infinite or beyond ±10⁶ are
   *     taken as 0 and counted in {@link #sanitizedSamples}
   * @return the codes of every frame that these samples complete, in order, {@link Mimi#codebooks}
   *     codes a frame; empty if they complete none
   */
  public synchronized int[] encode(float[] pcm) {
    requireNonNull(pcm, "pcm");
    return NativeMimiEncoder.encode(handle(), pcm);
  }

  /** Samples given to {@link #encode} since the encoder was made that had to be taken as 0. */
  public synchronized long sanitizedSamples() {
    return NativeMimiEncoder.sanitizedSamples(handle());
  }

  /** Begins a new stream; samples kept for an incomplete frame are dropped. */
  public synchronized void reset() {
    NativeMimiEncoder.reset(handle());
  }

  /** Frees the memory of the stream. Closing again does nothing. */
  @Override
  public synchronized void close() {
    if (handle != 0) {
      NativeMimiEncoder.close(handle);
      handle = 0;
    }
  }

  private long handle() {
    if (handle == 0) {
      throw new MimiException("the encoder is closed");
    }
    return handle;
  }
}
