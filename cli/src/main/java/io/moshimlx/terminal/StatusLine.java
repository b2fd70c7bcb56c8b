package io.moshimlx.terminal;

import io.moshimlx.event.EndEvent;
import io.moshimlx.event.FrameEvent;

/** What stands in the line below the text. */
interface StatusLine {

  /** The session starts now. */
  default void started() {}

  /** Takes note of a frame. */
  void frame(FrameEvent frame);

  /** The line as of the last frame, without escape codes; cut to the terminal's width by others. */
  String text();

  /** What is left to say when the session is over. */
  String summary(EndEvent end);
}
