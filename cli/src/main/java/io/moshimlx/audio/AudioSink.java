package io.moshimlx.audio;

/** Where Moshi's voice goes: 24 kHz mono frames of 80 ms. */
public interface AudioSink extends AutoCloseable {
  /** Takes every frame and keeps none. */
  AudioSink NONE =
      new AudioSink() {
        @Override
        public void write(float[] frame) {}

        @Override
        public void discard() {}

        @Override
        public void close() {}
      };

  /**
   * Takes one frame.
   *
   * @param frame {@link AudioSource#FRAME_SAMPLES} samples, nominally in −1..1
   * @throws io.moshimlx.UserException if it cannot be written
   */
  void write(float[] frame);

  /** Drops what was written so far; a later {@link #close()} does nothing. */
  void discard();

  /**
   * Completes the output; idempotent.
   *
   * @throws io.moshimlx.UserException if it cannot be completed; nothing half-written remains
   */
  @Override
  void close();
}
