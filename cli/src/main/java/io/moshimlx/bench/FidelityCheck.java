package io.moshimlx.bench;

import io.moshimlx.audio.AudioSource;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.dialogue.Session;
import io.moshimlx.dialogue.TokenStreams;
import io.moshimlx.mimi.Mimi;
import io.moshimlx.model.Lm;
import io.moshimlx.quantize.Fidelity;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/** Has two models hear a recording, each frame one after the other. */
public final class FidelityCheck {
  private FidelityCheck() {}

  /**
   * Compares a model with the one it was made from; both are in memory at once.
   *
   * @param progress told how many frames were heard, after each
   * @param stopped asked before each frame
   * @return empty if it was stopped before the recording's end
   */
  public static Optional<Fidelity.Report> run(
      ModelFiles source,
      ModelFiles copy,
      AudioSource recording,
      LongConsumer progress,
      BooleanSupplier stopped) {
    try (Mimi codec = Session.codec(source);
        Lm sourceLm = load(source);
        Lm copyLm = load(copy);
        Fidelity fidelity = new Fidelity(sourceLm, copyLm)) {
      TokenStreams streams = new TokenStreams(source.config());
      float[] frame = new float[AudioSource.FRAME_SAMPLES];
      for (long heard = 1; recording.read(frame); heard++) {
        if (stopped.getAsBoolean()) {
          return Optional.empty();
        }
        streams.sampled(fidelity.step(streams.input(codec.encode(frame))));
        progress.accept(heard);
      }
      return Optional.of(fidelity.report());
    }
  }

  private static Lm load(ModelFiles files) {
    return Lm.load(files.config(), files.weights(), files.precision(), Optional.empty());
  }
}
