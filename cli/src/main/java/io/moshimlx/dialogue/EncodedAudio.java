package io.moshimlx.dialogue;

import io.moshimlx.audio.AudioSource;
import io.moshimlx.mimi.Mimi;
import java.util.Optional;

/** Sound of the user, encoded as it comes. */
final class EncodedAudio implements UserInput {
  private final AudioSource source;
  private final Mimi codec;

  EncodedAudio(AudioSource source, Mimi codec) {
    this.source = source;
    this.codec = codec;
  }

  @Override
  public Optional<UserFrame> next() {
    float[] samples = new float[AudioSource.FRAME_SAMPLES];
    if (!source.read(samples)) {
      return Optional.empty();
    }
    long readNanos = System.nanoTime();
    double lagMs = source.lagMillis();
    int[] tokens = codec.encode(samples);
    return Optional.of(
        new UserFrame(tokens, samples, readNanos, Timing.millisSince(readNanos), lagMs));
  }

  @Override
  public long sanitizedSamples() {
    return codec.sanitizedSamples();
  }
}
