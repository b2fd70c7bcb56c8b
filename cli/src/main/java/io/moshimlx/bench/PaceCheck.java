package io.moshimlx.bench;

import io.moshimlx.FrameTimes;
import io.moshimlx.audio.AudioSink;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.audio.FirstFrames;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.dialogue.Dialogue;
import io.moshimlx.dialogue.Warnings;
import io.moshimlx.engine.LoadedModel;
import io.moshimlx.engine.ModelPool;
import io.moshimlx.event.EndReason;
import io.moshimlx.event.Event;
import io.moshimlx.event.FrameEvent;
import io.moshimlx.event.SessionEvent;
import io.moshimlx.mlx.DType;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Has a model answer a tone as fast as it can, to see whether it keeps up with speech. */
public final class PaceCheck {
  /** The first second is left out: kernels are compiled in it. */
  private static final int WARM_UP_FRAMES = 12;

  /** Five seconds. */
  private static final int FRAMES = 63;

  /** A machine that is much too slow need not take all steps to show it. */
  private static final int ENOUGH_FRAMES = 5;

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(15);

  private final FrameTimes times = new FrameTimes();
  private final long start = System.nanoTime();
  private volatile long frames;

  private PaceCheck() {}

  /**
   * How long a frame took, from the user's sound to Moshi's.
   *
   * @param medianMs milliseconds
   * @param p95Ms milliseconds that 95 of 100 frames did not exceed
   */
  public record Pace(double medianMs, double p95Ms) {}

  /**
   * Loads a model and measures it.
   *
   * @param dtype what to compute in; empty for what suits the device
   * @throws RuntimeException as {@link ModelPool#open} and {@link Dialogue#run} do
   */
  public static Pace run(ModelFiles files, Optional<DType> dtype) {
    Dialogue.Options options = Dialogue.Options.of(files.sampling(), 0);
    Dialogue.check(files, options);
    SessionEvent start =
        new SessionEvent(
            files.weights().getFileName().toString(),
            files.quantization().label(),
            null,
            0,
            AudioSource.SAMPLE_RATE,
            AudioSource.FRAME_SAMPLES);
    try (ModelPool pool = ModelPool.unlimited();
        LoadedModel model = pool.open(files, dtype);
        Dialogue dialogue = Dialogue.open(model, options);
        AudioSource source = new FirstFrames(new Tone(), WARM_UP_FRAMES + FRAMES)) {
      PaceCheck check = new PaceCheck();
      EndReason _ =
          dialogue.run(
              start,
              dialogue.hearing(source),
              dialogue.speaking(AudioSink.NONE, Optional.empty()),
              new Warnings(),
              check::take,
              check::isEnough);
      return new Pace(check.times.quantile(0.5), check.times.quantile(0.95));
    }
  }

  private void take(Event event) {
    if (event instanceof FrameEvent frame) {
      if (frame.n() >= WARM_UP_FRAMES) {
        times.add(frame.ms().total());
      }
      frames = frame.n() + 1;
    }
  }

  private boolean isEnough() {
    return frames >= WARM_UP_FRAMES + ENOUGH_FRAMES && System.nanoTime() - start > PATIENCE_NANOS;
  }
}
