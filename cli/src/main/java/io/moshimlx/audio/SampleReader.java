package io.moshimlx.audio;

import java.io.IOException;

/** A stream of mono samples at some rate, nominally in −1..1. */
@FunctionalInterface
interface SampleReader {
  /**
   * Reads up to {@code length} samples, fewer only at the end.
   *
   * @return the number of samples read; 0 at the end
   */
  int read(float[] target, int offset, int length) throws IOException;
}
