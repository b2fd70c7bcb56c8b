package io.moshimlx.audio;

import java.util.Arrays;

/**
 * A source with silence before it, so that a greeting does not talk over its first words, and after
 * it, so that an answer to its last words can end.
 */
public final class SilenceAround implements AudioSource {
  private final AudioSource source;
  private final long lead;
  private final long tail;
  private long leadGiven;
  private long tailGiven;
  private boolean sourceEnded;

  /**
   * @param source closed with this
   * @param lead frames of silence before its first frame
   * @param tail frames of silence after its last frame
   */
  public SilenceAround(AudioSource source, long lead, long tail) {
    this.source = source;
    this.lead = lead;
    this.tail = tail;
  }

  @Override
  public boolean read(float[] frame) {
    if (leadGiven < lead) {
      leadGiven++;
      Arrays.fill(frame, 0f);
      return true;
    }
    sourceEnded = sourceEnded || !source.read(frame);
    if (!sourceEnded) {
      return true;
    }
    if (tailGiven == tail) {
      return false;
    }
    tailGiven++;
    Arrays.fill(frame, 0f);
    return true;
  }

  @Override
  public long totalFrames() {
    long frames = source.totalFrames();
    return frames < 0 ? -1 : lead + frames + tail;
  }

  @Override
  public void close() {
    source.close();
  }
}
