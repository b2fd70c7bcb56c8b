package io.moshimlx.audio;

import io.moshimlx.UserException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Writes a WAV file of 24 kHz mono 16-bit samples.
 *
 * <p>It grows in a hidden file beside its destination and takes the destination's name on {@link
 * #close()}: a former file stays as it was until then, and for good after {@link #discard()}.
 * Stdout and a destination that is no regular file (a pipe, a device) are written directly, frame
 * by frame, with sizes that stand for "not known".
 */
public final class WavSink implements AudioSink {
  private static final int SAMPLE_BYTES = 2;
  private static final String REMEDY = "choose another place for the output";

  /** The destination as the user named it; null for stdout. */
  private final Path named;

  private final Path destination;

  /** The file that grows until it replaces the destination; null where that is written directly. */
  private final Path growing;

  private final WritableByteChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
  private long samples;
  private boolean open = true;

  private WavSink(Path named, Path destination, Path growing, WritableByteChannel channel) {
    this.named = named;
    this.destination = destination;
    this.growing = growing;
    this.channel = channel;
  }

  /**
   * Starts a WAV file; what can fail beforehand fails here.
   *
   * @throws UserException if it cannot be written there
   */
  public static WavSink create(Path path) {
    try {
      if (Files.isDirectory(path)) {
        throw new FileSystemException(path.toString());
      }
      WavSink sink =
          Files.exists(path) && !Files.isRegularFile(path)
              ? new WavSink(path, path, null, FileChannel.open(path, StandardOpenOption.WRITE))
              : replacing(path);
      sink.start();
      return sink;
    } catch (IOException e) {
      throw UserException.cannotWrite(path, e, REMEDY);
    }
  }

  /**
   * Starts a WAV file on stdout, which is closed with it.
   *
   * @throws UserException if it cannot be written to
   */
  public static WavSink toStdout(OutputStream stdout) {
    WavSink sink = new WavSink(null, null, null, Channels.newChannel(stdout));
    sink.start();
    return sink;
  }

  private static WavSink replacing(Path path) throws IOException {
    // Through a link the file that it leads to is replaced, not the link.
    Path destination = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
    if (Files.exists(destination) && !Files.isWritable(destination)) {
      throw new AccessDeniedException(path.toString());
    }
    Path growing = temporary(destination);
    FileChannel channel =
        FileChannel.open(
            growing,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    return new WavSink(path, destination, growing, channel);
  }

  private static Path temporary(Path destination) {
    // The process id keeps two runs with the same destination apart.
    String name = ".%s.%d.part".formatted(destination.getFileName(), ProcessHandle.current().pid());
    return destination.resolveSibling(name);
  }

  private boolean direct() {
    return growing == null;
  }

  private void start() {
    buffer.put(WavHeader.pcm16(1, direct() ? WavHeader.NO_SIZE : 0));
    flush();
  }

  @Override
  public void write(float[] frame) {
    if (!open) {
      throw new IllegalStateException(named + " is closed");
    }
    for (float sample : frame) {
      if (buffer.remaining() < SAMPLE_BYTES) {
        flush();
      }
      // Clipped and cut towards zero as upstream does, so that files can be compared byte by byte;
      // NaN becomes silence.
      buffer.putShort((short) (Math.clamp(sample, -1f, 1f) * 32767f));
    }
    samples += frame.length;
    if (direct()) {
      // The reader of a pipe waits for it.
      flush();
    }
  }

  private void flush() {
    try {
      buffer.flip();
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      buffer.clear();
    } catch (IOException e) {
      discard();
      throw failure(e);
    }
  }

  @Override
  public void discard() {
    if (!open) {
      return;
    }
    open = false;
    try (channel) {
      if (!direct()) {
        Files.deleteIfExists(growing);
      }
    } catch (IOException e) {
      // The destination is untouched, which is what matters here.
    }
  }

  @Override
  public void close() {
    if (!open) {
      return;
    }
    flush();
    try {
      if (!direct()) {
        ((SeekableByteChannel) channel).position(0);
        buffer.put(WavHeader.pcm16(1, samples * SAMPLE_BYTES));
        flush();
      }
      channel.close();
      if (!direct()) {
        Files.move(growing, destination, StandardCopyOption.ATOMIC_MOVE);
      }
      open = false;
    } catch (IOException e) {
      discard();
      throw failure(e);
    }
  }

  private UserException failure(IOException e) {
    return named == null
        ? UserException.cannotWriteOn("stdout", e)
        : UserException.cannotWrite(named, e, REMEDY);
  }
}
