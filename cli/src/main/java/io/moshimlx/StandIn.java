package io.moshimlx;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What other programs leave in the place of a binary file that they did not get: the pointer of Git
 * LFS, the page of a login or an error, a message in plain text.
 *
 * @param what it is, with its article
 * @param text its first line, up to 60 characters
 */
public record StandIn(String what, String text) {
  /** So many bytes at the beginning of a file show what it is. */
  public static final int BYTES = 512;

  private static final int SHOWN = 60;

  /** See <a href="https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md">its format</a>. */
  private static final String POINTER = "version https://git-lfs.github.com/spec/";

  private static final String POINTER_NAME = "a Git LFS pointer";
  private static final String PAGE_NAME = "a web page";

  /**
   * What a file is instead of a binary one.
   *
   * @param start its first {@link #BYTES}, or all if it is shorter
   * @return empty for a binary file, and for an empty one
   */
  public static Optional<StandIn> of(byte[] start) {
    if (start.length == 0 || !isText(start)) {
      return Optional.empty();
    }
    String text = new String(start, UTF_8).replace("\ufeff", "").strip();
    String line = text.lines().findFirst().orElse("");
    String shown = line.length() > SHOWN ? line.substring(0, SHOWN) + "…" : line;
    if (text.startsWith(POINTER)) {
      return Optional.of(new StandIn(POINTER_NAME, shown));
    }
    return Optional.of(new StandIn(text.startsWith("<") ? PAGE_NAME : "a text file", shown));
  }

  /**
   * Refuses a file of a model that is no binary file.
   *
   * @throws UserException saying what it is and how to get the file itself; a file that cannot be
   *     read is left to who reads all of it
   */
  public static void refuse(Path file) {
    of(start(file))
        .ifPresent(standIn -> {
          throw standIn.refusal(file);
        });
  }

  /** As {@link #refuse}, for a file that is a text itself. */
  public static void refuseText(Path file) {
    of(start(file))
        .filter(standIn -> !standIn.isPlainText())
        .ifPresent(standIn -> {
          throw standIn.refusal(file);
        });
  }

  private boolean isPlainText() {
    return !what.equals(POINTER_NAME) && !what.equals(PAGE_NAME);
  }

  private UserException refusal(Path file) {
    return what.equals(POINTER_NAME)
        ? new UserException(
            "%s is a Git LFS pointer, not the file itself".formatted(file),
            "run 'git lfs pull' in its folder, or download the model with 'moshi-mlx models pull'")
        : new UserException(
            "%s is %s, not the file itself (it begins \"%s\")".formatted(file, what, text),
            "download it again, a model of the hub with 'moshi-mlx models pull'");
  }

  private static byte[] start(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(BYTES);
    } catch (IOException e) {
      return new byte[0];
    }
  }

  /** Whether all is UTF-8 that can be read; the last character may be cut off. */
  private static boolean isText(byte[] start) {
    int length = start.length < BYTES ? start.length : BYTES - 3;
    return new String(start, 0, length, UTF_8)
        .chars()
        .noneMatch(c -> c == '\ufffd' || (c < ' ' && !Character.isWhitespace(c)));
  }
}
