package io.moshimlx.dialogue;

import java.util.Optional;

/** Where the frames of Moshi's voice go: sound, a socket or nowhere. */
@FunctionalInterface
public interface VoiceOutput {
  /** Takes every frame and keeps none. */
  VoiceOutput NONE = (user, codes) -> 0;

  /**
   * Takes the next frame.
   *
   * @param user the frame of the user in whose step it was completed
   * @param codes a code for each codebook of Moshi's voice; empty while the delays fill, where
   *     there is silence
   * @return milliseconds that decoding took; 0 where nothing is decoded
   * @throws io.moshimlx.UserException if it cannot be passed on
   */
  double write(UserFrame user, Optional<int[]> codes);
}
