package io.moshimlx.audio;

import io.moshimlx.UserException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Records both sides of a conversation: a WAV file of 24 kHz 16-bit samples, the user on the left
 * and Moshi on the right.
 *
 * <p>Each frame is written at once, and then the sizes in the header: the file can be played at any
 * moment, also of a process that was killed.
 */
public final class Recorder implements AutoCloseable {
  private static final int CHANNELS = 2;
  private static final String REMEDY = "choose another place for the recording";

  private final Path path;
  private final FileChannel file;
  private final ByteBuffer samples =
      ByteBuffer.allocate(AudioSource.FRAME_SAMPLES * CHANNELS * Short.BYTES)
          .order(ByteOrder.LITTLE_ENDIAN);
  private final boolean isNew;
  private long end = WavHeader.BYTES;
  private boolean started;

  private Recorder(Path path, FileChannel file, boolean isNew) {
    this.path = path;
    this.file = file;
    this.isNew = isNew;
  }

  /**
   * Opens a file for a recording; a former file of that name is replaced with the first frame.
   *
   * @throws UserException if it cannot be written there
   */
  public static Recorder create(Path path) {
    try {
      if (Files.exists(path) && !Files.isRegularFile(path)) {
        String why = Files.isDirectory(path) ? null : "a recording needs a regular file";
        throw new FileSystemException(path.toString(), null, why);
      }
      boolean isNew = Files.notExists(path);
      FileChannel file =
          FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      return new Recorder(path, file, isNew);
    } catch (IOException e) {
      throw UserException.cannotWrite(path, e, REMEDY);
    }
  }

  /**
   * Records what both sides said during a frame; it is in the file as this returns.
   *
   * @throws UserException if it cannot be written; what was written before stays playable
   */
  public void write(float[] user, float[] moshi) {
    samples.clear();
    for (int i = 0; i < AudioSource.FRAME_SAMPLES; i++) {
      samples.putShort(PcmWriter.pcm16(user[i])).putShort(PcmWriter.pcm16(moshi[i]));
    }
    samples.flip();
    try {
      if (!started) {
        file.truncate(0);
        started = true;
      }
      write(samples, end);
      end += samples.limit();
      writeHeader();
    } catch (IOException e) {
      throw UserException.cannotWrite(path, e, REMEDY);
    }
  }

  private void writeHeader() throws IOException {
    write(ByteBuffer.wrap(WavHeader.pcm16(CHANNELS, end - WavHeader.BYTES)), 0);
  }

  private void write(ByteBuffer bytes, long position) throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += file.write(bytes, at);
    }
  }

  /**
   * Completes the recording; nothing is left of one without a frame. Idempotent.
   *
   * @throws UserException if it cannot be completed; what was written stays playable
   */
  @Override
  public void close() {
    try {
      file.close();
      if (isNew && !started) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw UserException.cannotWrite(path, e, REMEDY);
    }
  }
}
