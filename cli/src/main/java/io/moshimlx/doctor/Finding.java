package io.moshimlx.doctor;

import io.moshimlx.UserException;
import java.util.Locale;
import java.util.Optional;

/**
 * What one check found.
 *
 * @param check its name
 * @param text what is so
 * @param remedy what to do about it; there whenever the level is not {@code OK}
 */
public record Finding(String check, Level level, String text, Optional<String> remedy) {

  /** How bad it is. */
  public enum Level {
    OK,
    /** A conversation works, but something is worth a look. */
    WARNING,
    /** No conversation is possible. */
    PROBLEM;

    /** The name for people and programs, e.g. {@code ok}. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static Finding ok(String check, String text) {
    return new Finding(check, Level.OK, text, Optional.empty());
  }

  static Finding warning(String check, String text, String remedy) {
    return new Finding(check, Level.WARNING, text, Optional.of(remedy));
  }

  static Finding problem(String check, String text, String remedy) {
    return new Finding(check, Level.PROBLEM, text, Optional.of(remedy));
  }

  /** The same, where a conversation works all the same. */
  Finding asWarning() {
    return new Finding(check, level == Level.PROBLEM ? Level.WARNING : level, text, remedy);
  }

  /**
   * The finding that a failure amounts to.
   *
   * @param usualRemedy for a failure that names none
   */
  static Finding of(String check, Throwable failure, String usualRemedy) {
    if (failure instanceof UserException known) {
      return problem(check, known.what(), known.remedy());
    }
    String message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
    return problem(check, message.strip().replaceAll("\\s*\\R\\s*", " "), usualRemedy);
  }
}
