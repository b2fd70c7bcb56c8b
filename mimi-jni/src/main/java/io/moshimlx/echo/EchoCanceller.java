package io.moshimlx.echo;

import io.moshimlx.jni.NativeLibrary;

/**
 * Takes what the loudspeaker plays out of what the microphone hears.
 *
 * <p>Audio is mono float32 at 24 kHz, full scale at ±1; what is beyond is clipped, and samples that
 * are NaN or infinite are taken as 0. Any frame is a multiple of {@link #BLOCK_SAMPLES} long.
 *
 * <p>The two streams are compared sample by sample, so both must be complete: {@link #played} gets
 * everything that goes to the loudspeaker, silence too, when it is handed over, and {@link #heard}
 * everything that comes from the microphone, before any of it is dropped. If one of them loses
 * samples all the same, the echo is found again within seconds.
 *
 * <p>{@link #played} and {@link #heard} may be called from two threads; they wait for each other,
 * for a few milliseconds at most. After {@link #close} every call throws {@link
 * EchoCancellerException}.
 */
public final class EchoCanceller implements AutoCloseable {
  /** Any frame is a multiple of so many samples long: 10 ms. */
  public static final int BLOCK_SAMPLES = 240;

  /** Samples by which {@link #heard} is late: 5.3 ms. */
  public static final int LATENCY_SAMPLES = 128;

  /** 0 once closed. */
  private long handle;

  private EchoCanceller(long handle) {
    this.handle = handle;
  }

  /**
   * Opens an echo canceller that knows nothing of the room yet.
   *
   * @throws io.moshimlx.jni.NativeException if the library cannot be loaded
   */
  public static EchoCanceller open() {
    NativeLibrary.load();
    return new EchoCanceller(NativeEchoCanceller.open());
  }

  /**
   * Takes what is handed to the loudspeaker next.
   *
   * @throws EchoCancellerException if the frame has another length
   */
  public synchronized void played(float[] frame) {
    requireBlocks(frame);
    NativeEchoCanceller.played(handle(), frame);
  }

  /**
   * Takes the echo out of what the microphone heard next.
   *
   * @param frame replaced by the same without echo, {@link #LATENCY_SAMPLES} late
   * @throws EchoCancellerException if the frame has another length
   */
  public synchronized void heard(float[] frame) {
    requireBlocks(frame);
    NativeEchoCanceller.heard(handle(), frame);
  }

  /**
   * Says how long it takes from the call of {@link #played} with a sample to the call of {@link
   * #heard} with its echo. The echo is found without it, up to 300 ms; with it sooner and at any
   * delay up to a second. It may be wrong by 40 ms, and may be said again whenever it was measured.
   */
  public synchronized void setDelayMillis(int millis) {
    NativeEchoCanceller.setDelayMillis(handle(), millis);
  }

  /** Frees the memory. Closing again does nothing. */
  @Override
  public synchronized void close() {
    if (handle != 0) {
      NativeEchoCanceller.close(handle);
      handle = 0;
    }
  }

  private long handle() {
    if (handle == 0) {
      throw new EchoCancellerException("the echo canceller is closed");
    }
    return handle;
  }

  private static void requireBlocks(float[] frame) {
    if (frame.length % BLOCK_SAMPLES != 0) {
      throw new EchoCancellerException(
          "a frame of %d samples cannot be freed from echo: its length must be a multiple of %d"
              .formatted(frame.length, BLOCK_SAMPLES));
    }
  }
}
