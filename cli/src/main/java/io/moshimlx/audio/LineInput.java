package io.moshimlx.audio;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.TimeUnit;
import javax.sound.sampled.TargetDataLine;

/**
 * The bytes of a capture line as they come, until its turn is over.
 *
 * <p>Asks the line every few milliseconds: its own blocking read looks every quarter of the buffer,
 * which would keep sound back for 20 ms.
 */
final class LineInput extends InputStream {
  private static final long POLL_MILLIS = 4;

  /** How often a line may say that it has sound and then give none. */
  private static final int MAX_EMPTY_READS = 25;

  private final TargetDataLine line;
  private final LineKeeper.Turn turn;
  private final int frameSize;
  private int emptyReads;

  LineInput(TargetDataLine line, LineKeeper.Turn turn) {
    this.line = line;
    this.turn = turn;
    frameSize = line.getFormat().getFrameSize();
  }

  /** Samples of each channel that were captured, but not read yet. */
  int waiting() {
    return line.available() / frameSize;
  }

  @Override
  public int read() throws IOException {
    throw new UnsupportedOperationException("a line is read in whole samples");
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    while (!turn.over()) {
      int ready = Math.min(length, line.available());
      ready -= ready % frameSize;
      int read = ready <= 0 ? 0 : line.read(target, offset, ready);
      if (read > 0) {
        emptyReads = 0;
        turn.moved();
        return read;
      }
      if (!line.isOpen() || (ready > 0 && ++emptyReads > MAX_EMPTY_READS)) {
        throw new IOException("it gives no more sound");
      }
      pause();
    }
    return -1;
  }

  private static void pause() throws IOException {
    try {
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
