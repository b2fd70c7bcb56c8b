package io.moshimlx.audio;

import java.util.Arrays;

/** A source followed by silence, so that an answer to its last words can end. */
public final class TrailingSilence implements AudioSource {
  private final AudioSource source;
  private final long silentFrames;
  private boolean sourceEnded;
  private long silent;

  /**
   * @param source closed with this
   * @param silentFrames frames of silence after its last frame
   */
  public TrailingSilence(AudioSource source, long silentFrames) {
    this.source = source;
    this.silentFrames = silentFrames;
  }

  @Override
  public boolean read(float[] frame) {
    sourceEnded = sourceEnded || !source.read(frame);
    if (!sourceEnded) {
      return true;
    }
    if (silent == silentFrames) {
      return false;
    }
    silent++;
    Arrays.fill(frame, 0f);
    return true;
  }

  @Override
  public long totalFrames() {
    long frames = source.totalFrames();
    return frames < 0 ? -1 : frames + silentFrames;
  }

  @Override
  public void close() {
    source.close();
  }
}
