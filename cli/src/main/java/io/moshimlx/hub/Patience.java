package io.moshimlx.hub;

import java.time.Duration;

/**
 * How long the hub is waited for.
 *
 * @param answer until it connects, and until it answers
 * @param stall without a byte, until a transfer counts as broken
 * @param backOff before the second attempt; doubled for each one after it
 * @param longestWait the most that the hub may ask to wait for
 * @param attempts in a row that bring nothing
 */
record Patience(
    Duration answer, Duration stall, Duration backOff, Duration longestWait, int attempts) {
  static final Patience USUAL =
      new Patience(
          Duration.ofSeconds(20),
          Duration.ofSeconds(60),
          Duration.ofMillis(500),
          Duration.ofMinutes(2),
          6);

  /** The wait after so many failures in a row, the first being 1. */
  Duration backOff(int failures) {
    return backOff.multipliedBy(1L << Math.min(failures - 1, 16));
  }
}
