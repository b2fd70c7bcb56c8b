package io.moshimlx.bench;

import io.moshimlx.Progress;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.dialogue.Session;
import io.moshimlx.dialogue.TokenStreams;
import io.moshimlx.mimi.Mimi;
import io.moshimlx.model.Lm;
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
    try (Mimi codec = Session.codec(source);
        Lm sourceLm = load(source);
        Lm copyLm = load(copy);
        Fidelity fidelity = new Fidelity(sourceLm, copyLm)) {
      TokenStreams streams = new TokenStreams(source.config());
      float[] frame = new float[AudioSource.FRAME_SAMPLES];
      for (long heard = 1; recording.read(frame); heard++) {
        progress.checkCancelled();
        streams.sampled(fidelity.step(streams.input(codec.encode(frame))));
        progress.at("comparing", heard, recording.totalFrames());
      }
      return fidelity.report();
    }
  }

  private static Lm load(ModelFiles files) {
    return Lm.load(files.config(), files.weights(), files.precision(), Optional.empty());
  }
}
