package io.moshimlx;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** The disks that folders are on, whether these are there already or will be made. */
public final class Disk {
  private Disk() {}

  /** Bytes that are free where the folder is; nothing where the system does not say. */
  public static OptionalLong free(Path folder) {
    return free(existing(folder).toFile());
  }

  // A FileStore would be asked for its mount point, which in a chroot may not be listed.
  static OptionalLong free(File folder) {
    return folder.getTotalSpace() == 0
        ? OptionalLong.empty()
        : OptionalLong.of(folder.getUsableSpace());
  }

  /** Whether both folders are on one disk. */
  public static boolean isShared(Path one, Path other) throws IOException {
    return Files.getAttribute(existing(one), "unix:dev")
        .equals(Files.getAttribute(existing(other), "unix:dev"));
  }

  /** The folder, or the one above it that is there. */
  public static Path existing(Path folder) {
    Path at = folder.toAbsolutePath();
    while (Files.notExists(at) && at.getParent() != null) {
      at = at.getParent();
    }
    return at;
  }
}
