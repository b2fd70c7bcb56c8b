package io.moshimlx.dialogue;

import io.moshimlx.audio.AudioSource;
import io.moshimlx.mimi.MimiEncoder;
import java.util.Optional;

/** Sound of the user, encoded as it comes. */
final class EncodedAudio implements UserInput {
  private final AudioSource source;
  private final MimiEncoder encoder;

  EncodedAudio(AudioSource source, MimiEncoder encoder) {
    this.source = source;
    this.encoder = encoder;
  }

  @Override
  public Optional<UserFrame> next() {
    float[] samples = new float[AudioSource.FRAME_SAMPLES];
    if (!source.read(samples)) {
      return Optional.empty();
    }
    long readNanos = System.nanoTime();
    double lagMs = source.lagMillis();
    int[] tokens = encoder.encode(samples);
    return Optional.of(
        new UserFrame(tokens, samples, readNanos, Timing.millisSince(readNanos), lagMs));
  }

  @Override
  public long sanitizedSamples() {
    return encoder.sanitizedSamples();
  }
}
