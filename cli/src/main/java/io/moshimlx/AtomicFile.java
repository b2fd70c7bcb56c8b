package io.moshimlx;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A file or folder that is whole or not there: it is made under a hidden name beside its
 * destination, {@code .NAME.PID.part}, and takes the destination's name when it is complete.
 *
 * @param part where it is made
 */
public record AtomicFile(Path destination, Path part) {

  /** A file or folder to be made; the process id keeps two runs with one destination apart. */
  public static AtomicFile of(Path destination) {
    String name = ".%s.%d.part".formatted(destination.getFileName(), ProcessHandle.current().pid());
    return new AtomicFile(destination, destination.resolveSibling(name));
  }

  /** Gives it its name, in place of a file that has it. */
  public void publish() throws IOException {
    Files.move(part, destination, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Removes what is not complete; does nothing once it has its name. */
  public void discard() throws IOException {
    Folders.delete(part);
  }
}
