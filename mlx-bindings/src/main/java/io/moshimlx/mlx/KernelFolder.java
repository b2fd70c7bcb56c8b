package io.moshimlx.mlx;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * Where kernels lie: a folder that MLX takes for the temporary one, with a list of all that it
 * holds. It has its name once it is whole, and whatever does not match the list is not used.
 */
final class KernelFolder {
  private static final String LIST = "kernels.txt";
  private static final String UNFINISHED = "unfinished-";
  private static final String LOCK = "lock";

  private KernelFolder() {}

  /** Whether all is there and as it was, nothing else, and nobody else can have put it there. */
  static boolean isWhole(Path folder) {
    try {
      return isOurs(folder) && Files.readAllLines(folder.resolve(LIST)).equals(list(folder));
    } catch (IOException e) {
      return false;
    }
  }

  /** Code of another user's is not run, unless it is the administrator's. */
  private static boolean isOurs(Path folder) throws IOException {
    Path self = Path.of("/proc/self");
    Object owner = Files.getAttribute(folder, "unix:uid");
    return owner.equals(0)
        || Files.notExists(self)
        || owner.equals(Files.getAttribute(self, "unix:uid"));
  }

  /** A line for each kernel. */
  static List<String> list(Path folder) throws IOException {
    List<String> lines = new ArrayList<>();
    Path cpu = folder.resolve("mlx").resolve(Library.version()).resolve("cpu");
    if (Files.notExists(cpu)) {
      return lines;
    }
    try (DirectoryStream<Path> kernels = Files.newDirectoryStream(cpu, "*.so")) {
      for (Path kernel : kernels) {
        CRC32 sum = new CRC32();
        sum.update(Files.readAllBytes(kernel));
        lines.add(Long.toHexString(sum.getValue()) + " " + kernel.getFileName());
      }
    }
    lines.sort(Comparator.naturalOrder());
    return lines;
  }

  /** A folder to make kernels in, of which other processes know that somebody is at work there. */
  record Work(Path folder, FileChannel lock) implements AutoCloseable {

    /** Begins one beside the kernels that are finished; removes those whose process has ended. */
    static Work begin(Path folder) throws IOException {
      Files.createDirectories(folder);
      removeUnfinished(folder);
      Path work = Files.createDirectory(folder.resolve(UNFINISHED + UUID.randomUUID()));
      FileChannel lock =
          FileChannel.open(work.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      lock.lock();
      Files.createDirectory(work.resolve("kernels"));
      return new Work(work, lock);
    }

    private static void removeUnfinished(Path folder) throws IOException {
      try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, UNFINISHED + "*")) {
        for (Path work : all) {
          try (FileChannel lock = FileChannel.open(work.resolve(LOCK), StandardOpenOption.WRITE);
              FileLock free = lock.tryLock()) {
            if (free != null) {
              remove(work);
            }
          } catch (IOException e) {
            // Somebody has just begun, or is about to remove it.
          }
        }
      }
    }

    /** What MLX is to take for the temporary folder. */
    Path kernels() {
      return folder.resolve("kernels");
    }

    /** Gives the kernels their name, in place of what has it and is not whole. */
    void publish(Path whole) throws IOException {
      try (Stream<Path> files = Files.walk(kernels())) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          if (!file.toString().endsWith(".so")) {
            Files.delete(file);
          }
        }
      }
      Files.write(kernels().resolve(LIST), list(kernels()), StandardCharsets.UTF_8);
      if (Files.exists(whole) && !isWhole(whole)) {
        Files.move(whole, folder.resolve("former"), StandardCopyOption.ATOMIC_MOVE);
      }
      Files.move(kernels(), whole, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void close() throws IOException {
      remove(folder);
      lock.close();
    }
  }

  static void remove(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
