package io.moshimlx.doctor;

import io.moshimlx.UserException;
import java.util.Locale;
import java.util.Optional;

/**
 * The result of one check.
 *
 * @param check its name
 * @param text the finding
 * @param remedy what to do; present whenever the level is not {@code OK}
 */
public record Finding(String check, Level level, String text, Optional<String> remedy) {

  /** The severity. */
  public enum Level {
    OK,
    /** A conversation works, but with a limit. */
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

  /** The same finding, as a warning if it is a problem. */
  Finding asWarning() {
    return new Finding(check, level == Level.PROBLEM ? Level.WARNING : level, text, remedy);
  }

  /**
   * The finding for a failure.
   *
   * @param usualRemedy for a failure without a remedy of its own
   */
  static Finding of(String check, Throwable failure, String usualRemedy) {
    if (failure instanceof UserException known) {
      return problem(check, known.what(), known.remedy());
    }
    String message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
    return problem(check, message.strip().replaceAll("\\s*\\R\\s*", " "), usualRemedy);
  }
}
