package io.moshimlx.audio;

import io.moshimlx.echo.EchoCanceller;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Takes what a {@link Speaker} plays out of what a {@link Microphone} hears, once it is enabled: it
 * listens to the one and is the stage of the other. Close it after both.
 */
public final class EchoPath implements Speaker.Listener, Consumer<float[]>, AutoCloseable {
  private final EchoCanceller canceller = EchoCanceller.open();
  private volatile boolean enabled;

  /** Begins to take echo out, or not. */
  public void enable(boolean enable) {
    enabled = enable;
  }

  /** The echo of a frame begins with its sound, and is heard once a frame of it was captured. */
  @Override
  public void played(float[] frame, long nanosAhead) {
    if (!enabled) {
      return;
    }
    canceller.setDelayMillis(
        (int) TimeUnit.NANOSECONDS.toMillis(nanosAhead) + AudioSource.FRAME_MILLIS);
    canceller.played(frame);
  }

  /** Takes the echo out of a frame of the microphone. */
  @Override
  public void accept(float[] frame) {
    if (enabled) {
      canceller.heard(frame);
    }
  }

  @Override
  public void close() {
    canceller.close();
  }
}
