package io.moshimlx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskTest {
  @TempDir private Path folder;

  @Test
  void aFolderThatWillBeMadeIsOnTheDiskOfTheOneAbove() throws IOException {
    Path later = folder.resolve("to be/made");
    assertEquals(folder, Disk.existing(later));
    assertTrue(Disk.free(later).orElseThrow() > 0);
    assertTrue(Disk.isShared(folder, later));
  }

  @Test
  void whatTheSystemDoesNotSayIsUnknownAndAFullDiskIsFull() {
    assertEquals(OptionalLong.empty(), Disk.free(disk(0, 0)));
    assertEquals(OptionalLong.of(0), Disk.free(disk(1000, 0)));
  }

  private static File disk(long total, long usable) {
    return new File("/") {
      @Override
      public long getTotalSpace() {
        return total;
      }

      @Override
      public long getUsableSpace() {
        return usable;
      }
    };
  }
}
