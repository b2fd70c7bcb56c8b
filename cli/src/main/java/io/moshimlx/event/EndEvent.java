package io.moshimlx.event;

/**
 * The last event.
 *
 * @param frames steps taken
 * @param reason why the session ended
 * @param stats figures of the whole session
 */
public record EndEvent(long frames, EndReason reason, SessionStats stats) implements Event {
  @Override
  public String type() {
    return "end";
  }
}
