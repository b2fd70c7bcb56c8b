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
 * <p>The message is one sentence that names the thing and the remedy; it is printed on one line of
 * stderr, and the exit status is 1.
 */
public final class UserException extends RuntimeException {
  public UserException(String message) {
    super(message);
  }

  public UserException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The failure to read a file: "PATH cannot be read: WHY; REMEDY". */
  public static UserException cannotRead(Path path, IOException e, String remedy) {
    return new UserException("%s cannot be read: %s; %s".formatted(path, why(path, e), remedy), e);
  }

  /** The failure to write a file: "PATH cannot be written: WHY; REMEDY". */
  public static UserException cannotWrite(Path path, IOException e, String remedy) {
    return new UserException(
        "%s cannot be written: %s; %s".formatted(path, why(path, e), remedy), e);
  }

  /** The failure to write to a stream that was open: a full disk, or a pipe without a reader. */
  public static UserException cannotWriteOn(String stream, IOException e) {
    String why =
        "Broken pipe".equals(e.getMessage())
            ? "whatever read it has ended"
            : e.getMessage() + "; choose another place for it";
    return new UserException("%s can no longer be written: %s".formatted(stream, why), e);
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
