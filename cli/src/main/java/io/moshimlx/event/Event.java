package io.moshimlx.event;

/** Something that happened in a session; see docs/events.md for the fields in JSON. */
public sealed interface Event permits SessionEvent, FrameEvent, WarningEvent, EndEvent {
  /** The value of {@code type} in JSON. */
  String type();
}
