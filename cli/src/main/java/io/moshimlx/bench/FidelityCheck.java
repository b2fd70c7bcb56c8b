package io.moshimlx.bench;

import io.moshimlx.Progress;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.dialogue.TokenStreams;
import io.moshimlx.engine.LoadedModel;
import io.moshimlx.engine.MlxThread;
import io.moshimlx.engine.ModelPool;
import io.moshimlx.mimi.MimiEncoder;
import io.moshimlx.quantize.Fidelity;
import java.util.Optional;

/** Has two models hear a recording, each frame one after the other. */
public final class FidelityCheck {
  private FidelityCheck() {}

  /**
   * Compares a model with the one it was made from; both are in memory at once.
   *
   * @param progress receives after each frame how many were heard
   * @throws io.moshimlx.CancelledException if the user cancels it
   */
  public static Fidelity.Report run(
      ModelFiles source, ModelFiles copy, AudioSource recording, Progress progress) {
    progress.note("loading both models");
    try (ModelPool pool = ModelPool.unlimited();
        LoadedModel sourceModel = pool.open(source, Optional.empty());
        LoadedModel copyModel = pool.open(copy, Optional.empty());
        MimiEncoder encoder = sourceModel.codec().newEncoder()) {
      MlxThread mlx = pool.mlx();
      Fidelity fidelity = mlx.call(() -> new Fidelity(sourceModel.lm(), copyModel.lm()));
      try {
        TokenStreams streams = new TokenStreams(source.config());
        float[] frame = new float[AudioSource.FRAME_SAMPLES];
        for (long heard = 1; recording.read(frame); heard++) {
          progress.checkCancelled();
          int[] input = streams.next(encoder.encode(frame)).tokens();
          Optional<int[]> _ = streams.complete(mlx.call(() -> fidelity.step(input)));
          progress.at("comparing", heard, recording.totalFrames());
        }
        return fidelity.report();
      } finally {
        mlx.run(fidelity::close);
      }
    }
  }
}
