package io.moshimlx.dialogue;

import java.util.Optional;

/** Where the user's frames come from: encoded sound, a socket or a trace. */
@FunctionalInterface
public interface UserInput {

  /**
   * The next frame; waits for it.
   *
   * @return empty when there is none any more
   * @throws io.moshimlx.UserException if the input fails
   */
  Optional<UserFrame> next();

  /** Samples so far that were no numbers and were taken as 0. */
  default long sanitizedSamples() {
    return 0;
  }
}
