package io.moshimlx.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TransientLineTest {
  private static String shown(boolean terminal, String text) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8);
    try (TransientLine line =
        new TransientLine(new Terminal(OutputStream.nullOutputStream(), errors, false, terminal))) {
      line.show(text);
    }
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aTerminalShowsItAndIsLeftClean() {
    assertEquals("\r\033[Kone of two\r\r\033[K", shown(true, "one of two"));
    assertEquals("\r\033[K" + "x".repeat(79) + "\r\r\033[K", shown(true, "x".repeat(100)));
  }

  @Test
  void elsewhereNothingIsShown() {
    assertEquals("", shown(false, "one of two"));
  }
}
