package io.moshimlx.bench;

import io.moshimlx.audio.AudioSource;

/** A quiet 440 Hz without end. */
public final class Tone implements AudioSource {
  private static final double RADIANS = 2 * Math.PI * 440 / SAMPLE_RATE;

  private long samples;

  @Override
  public boolean read(float[] frame) {
    for (int i = 0; i < FRAME_SAMPLES; i++) {
      frame[i] = (float) (0.1 * Math.sin(RADIANS * samples++));
    }
    return true;
  }

  @Override
  public long totalFrames() {
    return -1;
  }

  @Override
  public void close() {}
}
