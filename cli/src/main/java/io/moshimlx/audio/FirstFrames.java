package io.moshimlx.audio;

/** The first so many frames of a source, such as a microphone, that has no end of its own. */
public final class FirstFrames implements AudioSource {
  private final AudioSource source;
  private final long frames;
  private long read;

  /**
   * @param source closed with this
   * @param frames after which there are no more
   */
  public FirstFrames(AudioSource source, long frames) {
    this.source = source;
    this.frames = frames;
  }

  @Override
  public boolean read(float[] frame) {
    if (read == frames || !source.read(frame)) {
      return false;
    }
    read++;
    return true;
  }

  @Override
  public long totalFrames() {
    return frames;
  }

  @Override
  public double lagMillis() {
    return source.lagMillis();
  }

  @Override
  public void close() {
    source.close();
  }
}
