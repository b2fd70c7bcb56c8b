package io.moshimlx.mlx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/**
 * Writes a safetensors file array by array, so that never more than one of them need be in memory.
 *
 * <p>It grows in a hidden file beside its destination, which appears, or is replaced, on {@link
 * #finish()}. What is closed before that leaves no trace.
 */
public final class SafetensorsWriter implements AutoCloseable {
  /** What is handed to the channel at once, for it takes a copy of it. */
  private static final long CHUNK = 1 << 20;

  private final Path destination;
  private final Path part;
  private final FileChannel channel;
  private final Queue<Map.Entry<String, Safetensors.Entry>> due;

  private SafetensorsWriter(
      Path destination, Path part, Map<String, Safetensors.Entry> tensors, FileChannel channel) {
    this.destination = destination;
    this.part = part;
    this.channel = channel;
    due = new ArrayDeque<>(tensors.entrySet());
  }

  /**
   * Starts a file.
   *
   * @param tensors what it will hold, in the order in which it will be written
   * @throws IOException if it cannot be written there
   */
  public static SafetensorsWriter create(
      Path file, Map<String, Safetensors.Entry> tensors, Map<String, String> metadata)
      throws IOException {
    Map<String, Safetensors.Entry> all = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    // The process id keeps two runs with the same destination apart.
    Path part =
        file.resolveSibling(
            ".%s.%d.part".formatted(file.getFileName(), ProcessHandle.current().pid()));
    SafetensorsWriter writer =
        new SafetensorsWriter(
            file,
            part,
            all,
            FileChannel.open(
                part,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE));
    try {
      writer.writeFully(new SafetensorsHeader(all, metadata).encode());
    } catch (IOException | RuntimeException e) {
      writer.close();
      throw e;
    }
    return writer;
  }

  /**
   * Evaluates the next array and writes it.
   *
   * @throws IOException if it cannot be written
   * @throws IllegalArgumentException if another name, type or shape is due
   */
  public void write(String name, MlxArray array) throws IOException {
    Map.Entry<String, Safetensors.Entry> next = due.poll();
    List<Integer> shape = Arrays.stream(array.shape()).boxed().toList();
    Safetensors.Entry given = new Safetensors.Entry(array.dtype(), shape);
    if (next == null || !next.getKey().equals(name) || !next.getValue().equals(given)) {
      throw new IllegalArgumentException("due is " + next + ", not " + name + "=" + given);
    }
    array.readBytes(bytes -> {
      for (long at = 0; at < bytes.byteSize(); at += CHUNK) {
        long length = Math.min(CHUNK, bytes.byteSize() - at);
        writeFully(bytes.asSlice(at, length).asByteBuffer());
      }
    });
  }

  private void writeFully(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /**
   * Gives the file its name.
   *
   * @throws IOException if its last bytes cannot be written
   * @throws IllegalStateException if an array is missing
   */
  public void finish() throws IOException {
    if (!due.isEmpty()) {
      throw new IllegalStateException("not written: " + due.peek().getKey());
    }
    channel.force(true);
    channel.close();
    Files.move(
        part, destination, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Drops what is not finished; idempotent. */
  @Override
  public void close() throws IOException {
    channel.close();
    Files.deleteIfExists(part);
  }
}
