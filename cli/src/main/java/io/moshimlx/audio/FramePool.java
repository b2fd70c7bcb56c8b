package io.moshimlx.audio;

import java.util.ArrayDeque;
import java.util.Deque;

/** Frames that are used again and again, so that a session makes no garbage of its sound. */
public final class FramePool {
  private final Deque<float[]> free = new ArrayDeque<>();

  /** A frame of {@link AudioSource#FRAME_SAMPLES} samples, with whatever was in it last. */
  public synchronized float[] take() {
    float[] frame = free.poll();
    return frame == null ? new float[AudioSource.FRAME_SAMPLES] : frame;
  }

  /** Takes a frame back that nobody looks at any more. */
  public synchronized void give(float[] frame) {
    free.push(frame);
  }
}
