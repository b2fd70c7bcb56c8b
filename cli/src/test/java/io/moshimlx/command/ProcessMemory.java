package io.moshimlx.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a process takes of the machine's memory, as Linux tells it. */
final class ProcessMemory {
  private ProcessMemory() {}

  /** Megabytes that are really there. */
  static double residentMegabytes(long pid) throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1.024e-3)
        .findFirst()
        .orElseThrow();
  }
}
