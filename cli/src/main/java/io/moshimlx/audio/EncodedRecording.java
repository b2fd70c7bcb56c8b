package io.moshimlx.audio;

import io.moshimlx.recording.AudioFile;
import io.moshimlx.recording.AudioFileException;
import java.nio.file.Path;
import java.util.Optional;

/** The sound of a file that is not WAV. */
final class EncodedRecording implements Recording {
  private final AudioFile file;
  private final int rate;
  private final int channels;
  private float[] block = new float[0];

  private EncodedRecording(AudioFile file) {
    this.file = file;
    rate = file.rate();
    channels = file.channels();
  }

  /**
   * Opens a file; its name is not needed any more as this returns.
   *
   * @throws AudioFileException if its sound is not understood, or there is none
   */
  static EncodedRecording of(Path path) {
    AudioFile file = AudioFile.open(path);
    try {
      Recordings.checkRate(file.rate());
      return new EncodedRecording(file);
    } catch (AudioFileException e) {
      file.close();
      throw e;
    }
  }

  @Override
  public int rate() {
    return rate;
  }

  @Override
  public int channels() {
    return channels;
  }

  @Override
  public long length() {
    return file.frames();
  }

  @Override
  public int read(float[] target, int offset, int count) {
    int length = count * channels;
    if (block.length < length) {
      block = new float[length];
    }
    int read = file.read(block, length);
    System.arraycopy(block, 0, target, offset, read);
    return read / channels;
  }

  @Override
  public Optional<String> lack() {
    return file.lack();
  }

  @Override
  public void close() {
    file.close();
  }
}
