package io.moshimlx.audio;

import io.moshimlx.mimi.EchoCanceller;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Removes the sound of a {@link Speaker} from that of a {@link Microphone} while it is enabled: it
 * is the listener of the one and the filter of the other. Close it after both.
 */
public final class EchoPath implements Speaker.Listener, Consumer<float[]>, AutoCloseable {
  private final EchoCanceller canceller = EchoCanceller.open();
  private volatile boolean enabled;

  /** Turns the removal of echo on or off. */
  public void enable(boolean enable) {
    enabled = enable;
  }

  /** The echo of a frame begins with its sound, and is heard when a frame of it is captured. */
  @Override
  public void played(float[] frame, long nanosAhead) {
    if (!enabled) {
      return;
    }
    canceller.setDelayMillis(
        (int) TimeUnit.NANOSECONDS.toMillis(nanosAhead) + AudioSource.FRAME_MILLIS);
    canceller.played(frame);
  }

  /** Removes the echo from a frame of the microphone. */
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
