package io.moshimlx.event;

/** An event of a session; docs/events.md describes the fields in JSON. */
public sealed interface Event permits SessionEvent, FrameEvent, WarningEvent, EndEvent {
  /** The value of {@code type} in JSON. */
  String type();
}
