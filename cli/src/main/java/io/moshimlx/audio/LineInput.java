package io.moshimlx.audio;

import io.moshimlx.Clock;
import java.io.IOException;
import java.io.InputStream;
import javax.sound.sampled.TargetDataLine;

/**
 * The bytes of a capture line as they come, until its connection is abandoned.
 *
 * <p>It polls the line every few milliseconds: the line's own blocking read looks every quarter of
 * the buffer, which would delay sound by 20 ms.
 */
final class LineInput extends InputStream {
  private static final long POLL_NANOS = 4_000_000;

  /** How often in a row a line may report sound and then give none. */
  private static final int MAX_EMPTY_READS = 25;

  private final TargetDataLine line;
  private final LineSupervisor.Connection connection;
  private final Clock clock;
  private final int frameSize;
  private int emptyReads;

  LineInput(TargetDataLine line, LineSupervisor.Connection connection, Clock clock) {
    this.line = line;
    this.connection = connection;
    this.clock = clock;
    frameSize = line.getFormat().getFrameSize();
  }

  /** Samples of each channel that are captured, but not read yet. */
  int waiting() {
    return line.available() / frameSize;
  }

  @Override
  public int read() throws IOException {
    throw new UnsupportedOperationException("a line is read in whole samples");
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    while (!connection.isAbandoned()) {
      int ready = Math.min(length, line.available());
      ready -= ready % frameSize;
      int read = ready <= 0 ? 0 : line.read(target, offset, ready);
      if (read > 0) {
        emptyReads = 0;
        connection.moved();
        return read;
      }
      if (!line.isOpen() || (ready > 0 && ++emptyReads > MAX_EMPTY_READS)) {
        throw new IOException("it gives no more sound");
      }
      pause();
    }
    return -1;
  }

  private void pause() throws IOException {
    try {
      clock.sleep(POLL_NANOS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
