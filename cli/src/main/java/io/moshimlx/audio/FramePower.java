package io.moshimlx.audio;

/** How loud a frame is. */
final class FramePower {
  private FramePower() {}

  /** The mean of the squares of samples in −1..1: 1 is full scale, 0 silence. */
  static double of(float[] frame) {
    double sum = 0;
    for (float sample : frame) {
      sum += (double) sample * sample;
    }
    return sum / frame.length;
  }
}
