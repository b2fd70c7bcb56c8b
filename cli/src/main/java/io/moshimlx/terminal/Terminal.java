package io.moshimlx.terminal;

import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * The standard streams of a process, in UTF-8 whatever the locale.
 *
 * @param out stdout, unbuffered, so that a closed pipe is noticed where it is written to
 * @param err stderr; never fails
 * @param outIsTerminal whether stdout is a terminal
 * @param errIsTerminal whether stderr is a terminal
 */
public record Terminal(
    OutputStream out, PrintStream err, boolean outIsTerminal, boolean errIsTerminal) {

  /** Names the streams that are terminals; set by the launcher, because the JDK cannot tell. */
  private static final String TERMINALS = System.getProperty("moshimlx.terminals");

  /** The streams of this process. */
  public static Terminal ofProcess() {
    return new Terminal(
        new FileOutputStream(FileDescriptor.out),
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
        isTerminal("stdout"),
        isTerminal("stderr"));
  }

  @SuppressWarnings("SystemConsoleNull") // It does again since JDK 25.
  private static boolean isTerminal(String stream) {
    if (TERMINALS != null) {
      return TERMINALS.contains(stream);
    }
    Console console = System.console();
    return console != null && console.isTerminal();
  }
}
