package io.moshimlx.recording;

import static java.util.Objects.checkFromIndexSize;

import io.moshimlx.jni.NativeLibrary;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A recording in one of the formats that people have beside WAV: AIFF, CAF, FLAC, MP3, MP4 with AAC
 * or ALAC, Ogg and WebM with Vorbis or Opus. Which it is, is seen from its content.
 *
 * <p>It is decoded as it is read, never whole. What its encoder put before and after the sound is
 * left out where the file says how much that is. After {@link #close} every call throws {@link
 * AudioFileException}.
 */
public final class AudioFile implements AutoCloseable {
  /** 0 once closed. */
  private long handle;

  private AudioFile(long handle) {
    this.handle = handle;
  }

  /**
   * Opens a file that can be read at any place, so no pipe.
   *
   * @throws NoSoundException if there is no sound in it
   * @throws AudioFileException if its sound cannot be understood
   * @throws io.moshimlx.jni.NativeException if the library cannot be loaded
   */
  public static AudioFile open(Path path) {
    NativeLibrary.load();
    return new AudioFile(NativeAudioFile.open(path.toString()));
  }

  /** Samples a second, of each channel. */
  public synchronized int rate() {
    return NativeAudioFile.rate(handle());
  }

  public synchronized int channels() {
    return NativeAudioFile.channels(handle());
  }

  /** Samples of each channel that the file says it has, or −1 where it does not say that. */
  public synchronized long frames() {
    return NativeAudioFile.frames(handle());
  }

  /**
   * Reads the next samples, the channels in turn.
   *
   * @param length at most so many samples, a multiple of the channels
   * @return how many there were, fewer than {@code length} only at the end
   */
  public synchronized int read(float[] samples, int length) {
    checkFromIndexSize(0, length, samples.length);
    return NativeAudioFile.read(handle(), samples, length);
  }

  /**
   * What lacks of the recording, as far as it was read; the text goes on after the file's name.
   *
   * @return empty if it is whole; of what a file lacks its end may say most
   */
  public synchronized Optional<String> lack() {
    return Optional.ofNullable(NativeAudioFile.lack(handle()));
  }

  /** Frees the memory and closes the file. Closing again does nothing. */
  @Override
  public synchronized void close() {
    if (handle != 0) {
      NativeAudioFile.close(handle);
      handle = 0;
    }
  }

  private long handle() {
    if (handle == 0) {
      throw new AudioFileException("is closed");
    }
    return handle;
  }
}
