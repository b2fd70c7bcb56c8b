package io.moshimlx.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TransferLineTest {
  private static final String CLEAR = "\r\033[K";

  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private long nanos;

  private TransferLine line(boolean terminal) {
    PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
    return new TransferLine(new Terminal(err, stream, false, terminal), () -> false, () -> nanos);
  }

  /** What was drawn last. */
  private String drawn() {
    String all = err.toString(StandardCharsets.UTF_8);
    return all.substring(all.lastIndexOf(CLEAR) + CLEAR.length()).replace("\r", "");
  }

  private void after(double seconds) {
    nanos += Math.round(seconds * 1e9);
  }

  @Test
  void bytesSpeedAndTimeLeft() {
    TransferLine line = line(true);
    line.at("a", 1_000_000_000, 5_000_000_000L);
    assertEquals("a · 1.0 GB of 5.0 GB", drawn());
    after(1);
    line.at("a", 1_025_000_000, 5_000_000_000L);
    assertEquals("a · 1.0 GB of 5.0 GB · 25.0 MB/s · 2:39 left", drawn());
    after(1);
    line.at("a", 1_026_000_000, 5_000_000_000L);
    assertEquals("a · 1.0 GB of 5.0 GB · 13.0 MB/s · 5:06 left", drawn());
    after(4);
    line.at("a", 1_027_000_000, 5_000_000_000L);
    assertEquals("a · 1.0 GB of 5.0 GB · 400.0 kB/s · 2:45:33 left", drawn(), "the last 5 s count");
    after(0.5);
    line.at("a", 5_000_000_000L, 5_000_000_000L);
    assertEquals("a · 5.0 GB of 5.0 GB · 883.1 MB/s", drawn());
    line.at("b", 10, -1);
    assertEquals("b · 10 B", drawn());
    line.close();
    assertEquals("", drawn());
  }

  @Test
  void itIsNotDrawnMoreThanTenTimesASecond() {
    TransferLine line = line(true);
    line.at("a", 1, 100);
    after(0.05);
    line.at("a", 2, 100);
    assertEquals("a · 1 B of 100 B", drawn());
    after(0.05);
    line.at("a", 3, 100);
    assertEquals("a · 3 B of 100 B · 20 B/s · 0:05 left", drawn());
  }

  @Test
  void notesTakeItsPlaceAndAreCutToTheTerminal() {
    TransferLine line = line(true);
    line.note("x".repeat(200));
    assertEquals("x".repeat(79), drawn());
  }

  @Test
  void nothingIsWrittenIntoAPipe() {
    TransferLine line = line(false);
    line.at("a", 1, 2);
    line.note("waiting");
    line.close();
    assertEquals(0, err.size());
  }
}
