package io.moshimlx;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A failure that the user can mend: a missing file, a damaged model, a full disk.
 *
 * <p>The message is one sentence, "WHAT; REMEDY", printed on one line of stderr; the exit status is
 * 1.
 */
public class UserException extends RuntimeException {
  private final String what;
  private final String remedy;

  /**
   * A failure.
   *
   * @param what is wrong, naming the thing
   * @param remedy what to do about it
   */
  public UserException(String what, String remedy) {
    this(what, remedy, null);
  }

  /** A failure with the exception that shows where it comes from; null for none. */
  public UserException(String what, String remedy, Throwable cause) {
    super(what + "; " + remedy, cause);
    this.what = what;
    this.remedy = remedy;
  }

  /** What is wrong. */
  public String what() {
    return what;
  }

  /** What to do about it. */
  public String remedy() {
    return remedy;
  }

  /** The same failure, with the place where it was found in front: "PLACE: WHAT; REMEDY". */
  public UserException in(String place) {
    return new UserException(place + ": " + what, remedy, this);
  }

  /** The failure to read a file: "PATH cannot be read: WHY; REMEDY". */
  public static UserException cannotRead(Path path, IOException e, String remedy) {
    return new UserException("%s cannot be read: %s".formatted(path, why(path, e)), remedy, e);
  }

  /** The failure to write a file: "PATH cannot be written: WHY; REMEDY". */
  public static UserException cannotWrite(Path path, IOException e, String remedy) {
    return new UserException("%s cannot be written: %s".formatted(path, why(path, e)), remedy, e);
  }

  /** The failure to write to a stream that was open: a full disk, or a pipe without a reader. */
  public static UserException cannotWriteOn(String stream, IOException e) {
    boolean pipe = "Broken pipe".equals(e.getMessage());
    return new UserException(
        "%s can no longer be written: %s"
            .formatted(stream, pipe ? "whatever read it has ended" : e.getMessage()),
        pipe ? "keep its reader running" : "choose another place for it",
        e);
  }

  /** The cause in words: what the JDK says of a file is often no more than its name. */
  private static String why(Path path, IOException e) {
    Path folder = path.toAbsolutePath().getParent();
    return switch (e) {
      case IOException any when Files.isDirectory(path) -> "it is a folder";
      case NoSuchFileException missing when folder != null && Files.notExists(folder) ->
          "the folder %s does not exist".formatted(folder);
      case NoSuchFileException missing -> "there is no such file";
      case AccessDeniedException denied -> "permission denied";
      case FileSystemException failure when failure.getReason() != null -> failure.getReason();
      default -> e.getMessage();
    };
  }
}
