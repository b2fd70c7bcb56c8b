package io.moshimlx.audio;

import java.io.IOException;
import java.util.Optional;

/** Sound as it is stored: of any rate and number of channels, read from its start to its end. */
interface Recording extends AutoCloseable {
  /** Samples a second, of each channel. */
  int rate();

  int channels();

  /** Samples of each channel in all, or −1 where that is not known beforehand. */
  long length();

  /**
   * Reads the next samples, the channels in turn.
   *
   * @param count samples of each channel to read at most
   * @return how many were read of each channel, fewer only at the end
   * @throws io.moshimlx.recording.AudioFileException if what comes cannot be understood
   */
  int read(float[] target, int offset, int count) throws IOException;

  /**
   * What the recording lacks, in words that go on after its name; all is known at its end, and what
   * can be seen at once as soon as it is open.
   */
  Optional<String> lack();

  @Override
  void close();
}
