package io.moshimlx.event;

/**
 * Something that the user should know of, but that does not end the session.
 *
 * @param code a stable name for scripts, lower case with underscores
 * @param message a sentence for people
 */
public record WarningEvent(String code, String message) implements Event {
  @Override
  public String type() {
    return "warning";
  }
}
