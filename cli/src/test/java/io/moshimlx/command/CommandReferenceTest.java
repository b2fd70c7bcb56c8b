package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class CommandReferenceTest {
  @Test
  void docsCliSaysWhatTheCommandsSay() throws IOException {
    assertEquals(
        CommandReference.text(),
        Files.readString(Path.of("../docs/cli.md")),
        "docs/cli.md is out of date; write it anew with scripts/generate-cli-docs");
  }
}
