package io.moshimlx.dialogue;

import io.moshimlx.audio.AudioSource;
import io.moshimlx.text.TextTokens;

/**
 * Notices a text that goes round in a circle: for 10 seconds or more the same tokens come again and
 * again, three times at least, without a pause of 2 seconds between them. An answer that is asked
 * for again, or a question that is repeated into a silence, has such a pause before it.
 */
final class LoopCheck {
  private static final int LEAST_FRAMES = 10_000 / AudioSource.FRAME_MILLIS;
  private static final int PAUSE_FRAMES = 2_000 / AudioSource.FRAME_MILLIS;
  private static final int TIMES = 3;
  private static final int LONGEST = 64;
  private static final int KEPT = 256;

  private final int[] tokens = new int[KEPT];
  private final long[] frames = new long[KEPT];

  /** Tokens since the last pause. */
  private int count;

  private long frame;

  /**
   * Takes the text token of the next frame.
   *
   * @return whether the text repeats itself
   */
  boolean repeats(int token) {
    frame++;
    if (TextTokens.isSilent(token)) {
      return false;
    }
    if (count > 0 && frame - frames[slot(count - 1)] > PAUSE_FRAMES) {
      count = 0;
    }
    tokens[slot(count)] = token;
    frames[slot(count)] = frame;
    count++;
    for (int period = 1; period <= LONGEST; period++) {
      if (repeats(period, Math.min(count, KEPT))) {
        return true;
      }
    }
    return false;
  }

  /** Whether the last tokens have a period for long enough. */
  private boolean repeats(int period, int known) {
    int length = period;
    while (length < known && token(length) == token(length - period)) {
      length++;
    }
    return length >= TIMES * period && frame - frames[slot(count - length)] >= LEAST_FRAMES;
  }

  /** A token by how many came after it. */
  private int token(int before) {
    return tokens[slot(count - 1 - before)];
  }

  private static int slot(int index) {
    return index % KEPT;
  }
}
