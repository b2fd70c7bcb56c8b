package io.moshimlx.bench;

import io.moshimlx.audio.AudioSource;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.dialogue.TokenStreams;
import io.moshimlx.engine.LoadedModel;
import io.moshimlx.engine.MlxThread;
import io.moshimlx.engine.ModelPool;
import io.moshimlx.mimi.Mimi;
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
    try (ModelPool pool = ModelPool.unlimited();
        LoadedModel sourceModel = pool.open(source, Optional.empty());
        LoadedModel copyModel = pool.open(copy, Optional.empty());
        Mimi codec = sourceModel.newCodec()) {
      MlxThread mlx = pool.mlx();
      Fidelity fidelity = mlx.call(() -> new Fidelity(sourceModel.lm(), copyModel.lm()));
      try {
        TokenStreams streams = new TokenStreams(source.config());
        float[] frame = new float[AudioSource.FRAME_SAMPLES];
        for (long heard = 1; recording.read(frame); heard++) {
          if (stopped.getAsBoolean()) {
            return Optional.empty();
          }
          int[] input = streams.next(codec.encode(frame)).tokens();
          Optional<int[]> _ = streams.complete(mlx.call(() -> fidelity.step(input)));
          progress.accept(heard);
        }
        return Optional.of(fidelity.report());
      } finally {
        mlx.run(fidelity::close);
      }
    }
  }
}
