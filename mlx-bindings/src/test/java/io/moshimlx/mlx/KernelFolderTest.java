package io.moshimlx.mlx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kernels are whole or not there. */
class KernelFolderTest {
  @TempDir Path folder;
  private Path whole;

  @BeforeEach
  void publish() throws IOException {
    Mlx.load();
    whole = folder.resolve("whole");
    publish("one");
  }

  private void publish(String content) throws IOException {
    try (KernelFolder.Work work = KernelFolder.Work.begin(folder)) {
      Path cpu = Files.createDirectories(cpu(work.kernels()));
      Files.writeString(cpu.resolve("libA.so"), content);
      Files.writeString(cpu.resolve("libB.so"), content);
      Files.writeString(cpu.resolve("A.cpp"), "source");
      assertFalse(KernelFolder.isWhole(work.kernels()));
      work.publish(whole);
    }
  }

  private static Path cpu(Path kernels) {
    return kernels.resolve("mlx").resolve(Mlx.version()).resolve("cpu");
  }

  private List<String> names(Path in) throws IOException {
    try (Stream<Path> files = Files.list(in)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void nothingButTheKernelsIsPublished() throws IOException {
    assertTrue(KernelFolder.isWhole(whole));
    assertEquals(List.of("whole"), names(folder));
    assertEquals(List.of("libA.so", "libB.so"), names(cpu(whole)));
  }

  @Test
  void whatIsMissingOrOtherThanItWasIsNotWhole() throws IOException {
    Path kernel = cpu(whole).resolve("libA.so");
    Files.writeString(kernel, "on");
    assertFalse(KernelFolder.isWhole(whole));
    Files.writeString(kernel, "two");
    assertFalse(KernelFolder.isWhole(whole));
    Files.delete(kernel);
    assertFalse(KernelFolder.isWhole(whole));
    Files.writeString(kernel, "one");
    assertTrue(KernelFolder.isWhole(whole));
    Files.writeString(cpu(whole).resolve("libC.so"), "one");
    assertFalse(KernelFolder.isWhole(whole));
  }

  @Test
  void whatIsNotWholeIsReplaced() throws IOException {
    Files.writeString(cpu(whole).resolve("libA.so"), "");
    publish("two");
    assertTrue(KernelFolder.isWhole(whole));
    assertEquals("two", Files.readString(cpu(whole).resolve("libA.so")));
    assertEquals(List.of("whole"), names(folder));
  }

  @Test
  void theRemainsOfAProcessThatEndedAreRemoved() throws IOException {
    Path remains = Files.createDirectories(folder.resolve("unfinished-1/kernels")).getParent();
    Files.createFile(remains.resolve("lock"));
    KernelFolder.Work.begin(folder).close();
    assertEquals(List.of("whole"), names(folder));
  }
}
