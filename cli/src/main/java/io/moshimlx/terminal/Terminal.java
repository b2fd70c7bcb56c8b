package io.moshimlx.terminal;

import io.moshimlx.UserException;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The standard streams of a process, in UTF-8 for any locale.
 *
 * @param out stdout, unbuffered, so that a write to a closed pipe fails at once
 * @param err stderr; never fails
 * @param outIsTerminal whether stdout is a terminal that understands escape codes
 * @param errIsTerminal whether stderr is one
 * @param errIsRead whether stderr is shown to a person, also on a dumb terminal
 * @param keyboard stdin, if that is a terminal
 */
public record Terminal(
    OutputStream out,
    PrintStream err,
    boolean outIsTerminal,
    boolean errIsTerminal,
    boolean errIsRead,
    Optional<InputStream> keyboard) {

  /** Names the streams that are terminals; set by the launcher, because the JDK cannot know. */
  private static final String TERMINALS = System.getProperty("moshimlx.terminals");

  /** Streams without a keyboard. */
  public Terminal(OutputStream out, PrintStream err, boolean outIsTerminal, boolean errIsTerminal) {
    this(out, err, outIsTerminal, errIsTerminal, errIsTerminal, Optional.empty());
  }

  /** The streams of this process. */
  public static Terminal ofProcess() {
    // Such as Emacs' shell, which prints escape codes as text.
    boolean dumb = "dumb".equals(System.getenv("TERM"));
    return new Terminal(
        new FileOutputStream(FileDescriptor.out),
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
        isTerminal("stdout") && !dumb,
        isTerminal("stderr") && !dumb,
        isTerminal("stderr"),
        isTerminal("stdin") ? Optional.of(System.in) : Optional.empty());
  }

  /**
   * Writes a text to stdout. A terminal that is gone is no error, because it has no reader left.
   *
   * @throws UserException if a file or a pipe can no longer be written
   */
  public void print(String text) {
    try {
      out.write(text.getBytes(StandardCharsets.UTF_8));
      out.flush();
    } catch (IOException e) {
      if (!outIsTerminal) {
        throw UserException.cannotWriteOn("stdout", e);
      }
    }
  }

  /** Writes a sentence to stderr, on a line of its own. */
  public void warn(String sentence) {
    err.println("moshi-mlx: " + sentence);
  }

  /** Whether the user can be asked a question. */
  public boolean canAsk() {
    return errIsRead
        && keyboard.isPresent()
        // A background job that reads its terminal is stopped.
        && (!keyboard.orElseThrow().equals(System.in) || Stty.inForeground());
  }

  /** Asks a question; returns whether the answer is "y" or "yes". */
  public boolean agrees(String question) {
    err.print(question + " [y/N] ");
    err.flush();
    StringBuilder answer = new StringBuilder();
    try {
      // Byte by byte, so that input after the line stays unread.
      for (int c = keyboard.orElseThrow().read();
          c >= 0 && c != '\n';
          c = keyboard.orElseThrow().read()) {
        answer.append((char) c);
      }
    } catch (IOException e) {
      return false;
    }
    return answer.toString().strip().matches("(?i)y|yes");
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
