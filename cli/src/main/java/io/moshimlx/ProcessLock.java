package io.moshimlx;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Keeps a second process from making the same thing at the same time. The system releases it when
 * its owner dies.
 *
 * <p>Its file is our own: Python's library locks with {@code flock}, of which Java's locks see
 * nothing.
 */
public final class ProcessLock implements AutoCloseable {
  private static final long POLL_MILLIS = 200;

  private final FileChannel channel;

  private ProcessLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Waits for the lock.
   *
   * @param doing what another process that has it is doing
   * @param remedy what to do if there cannot be such a file
   * @throws CancelledException if the user does not want to wait any longer
   */
  public static ProcessLock await(Path file, String doing, String remedy, Progress monitor) {
    boolean reported = false;
    while (true) {
      Optional<ProcessLock> lock = attempt(file, remedy);
      if (lock.isPresent()) {
        return lock.orElseThrow();
      }
      monitor.checkCancelled();
      if (!reported) {
        monitor.note("waiting for another process that is " + doing);
        reported = true;
      }
      Progress.sleep(POLL_MILLIS);
    }
  }

  /** The lock, unless another holds it. */
  public static Optional<ProcessLock> attempt(Path file, String remedy) {
    FileChannel channel = null;
    try {
      Files.createDirectories(file.getParent());
      channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return Optional.of(new ProcessLock(channel));
      }
      channel.close();
      return Optional.empty();
    } catch (OverlappingFileLockException e) {
      closeQuietly(channel);
      return Optional.empty();
    } catch (IOException e) {
      closeQuietly(channel);
      throw UserException.cannotWrite(file, e, remedy);
    }
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      // It holds no lock.
    }
  }

  @Override
  public void close() {
    closeQuietly(channel);
  }
}
