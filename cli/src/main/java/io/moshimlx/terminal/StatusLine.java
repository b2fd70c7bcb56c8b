package io.moshimlx.terminal;

import io.moshimlx.event.EndEvent;
import io.moshimlx.event.FrameEvent;

/** The line below the text. */
interface StatusLine {

  /** The session starts now. */
  default void started() {}

  /** Records a frame. */
  void frame(FrameEvent frame);

  /**
   * The line after the last frame, without escape codes; the caller cuts it to the terminal's
   * width.
   */
  String text();

  /** The line to print when the session is over. */
  String summary(EndEvent end);
}
