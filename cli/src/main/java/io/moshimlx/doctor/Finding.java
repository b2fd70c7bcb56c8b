package io.moshimlx.doctor;

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
   * The finding that a failure amounts to. The message of one that the user can mend ends in its
   * remedy, after a semicolon.
   *
   * @param usualRemedy for a message without one
   */
  static Finding of(String check, Throwable failure, String usualRemedy) {
    String message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
    message = message.strip().replaceAll("\\s*\\R\\s*", " ");
    int end = message.lastIndexOf("; ");
    return end < 0
        ? problem(check, message, usualRemedy)
        : problem(check, message.substring(0, end), message.substring(end + 2));
  }
}
