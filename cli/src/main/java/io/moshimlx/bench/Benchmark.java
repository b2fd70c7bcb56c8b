package io.moshimlx.bench;

import static io.moshimlx.mlx.Creation.ones;
import static io.moshimlx.mlx.Reductions.sum;

import io.moshimlx.FrameTimes;
import io.moshimlx.Progress;
import io.moshimlx.audio.AudioSink;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.dialogue.Answer;
import io.moshimlx.dialogue.Dialogue;
import io.moshimlx.dialogue.UserFrame;
import io.moshimlx.dialogue.UserInput;
import io.moshimlx.dialogue.VoiceOutput;
import io.moshimlx.engine.LoadedModel;
import io.moshimlx.engine.ModelPool;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.Memory;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.MlxScope;
import io.moshimlx.mlx.Transforms;
import io.moshimlx.mlx.Workload;
import java.util.Optional;

/** Has a model answer a tone, one stage after the other on one thread, and measures each stage. */
public final class Benchmark {
  /** The first second is left out: kernels are compiled in it. */
  private static final int WARM_UP_FRAMES = 12;

  /** What the plain read goes over, and how often: more than any cache holds. */
  private static final int READ_BYTES = 256 << 20;

  private static final int READS = 5;

  private static final double MILLISECONDS = 1e-6;

  private final long startNanos;
  private final double loadSeconds;
  private final LoadedModel model;
  private final Dialogue dialogue;
  private final UserInput input;
  private final VoiceOutput output;
  private Times times = new Times();

  /** What each stage of each frame took. */
  private static final class Times {
    private final FrameTimes encode = new FrameTimes();
    private final FrameTimes model = new FrameTimes();
    private final FrameTimes host = new FrameTimes();
    private final FrameTimes evaluation = new FrameTimes();
    private final FrameTimes decode = new FrameTimes();
    private final FrameTimes total = new FrameTimes();
  }

  /**
   * How long something took in each frame.
   *
   * @param p50 milliseconds, the median
   * @param p99 milliseconds that 99 of 100 frames did not exceed
   */
  public record Milliseconds(double p50, double p99) {
    private static Milliseconds of(FrameTimes times) {
      return new Milliseconds(times.quantile(0.5), times.quantile(0.99));
    }
  }

  /**
   * What was measured.
   *
   * @param frames that were measured, after the warm-up
   * @param encode the user's frame to tokens
   * @param model one step; {@code host} and {@code evaluation} together
   * @param host building the graph and whatever else is done in Java
   * @param evaluation handing the graph over to MLX and waiting for it
   * @param decode tokens to Moshi's frame
   * @param total all three stages, one after the other
   * @param primitives of MLX that a step evaluates
   * @param evals results that a step waits for
   * @param loadSeconds for codec and model
   * @param firstFrameSeconds from the start of loading to the end of the first frame
   * @param peakMemoryBytes of MLX's arrays; the codec's memory is not MLX's
   * @param weightBytes that a step reads
   * @param readBytesPerSecond what this device reads at best, in MLX
   */
  public record Report(
      int frames,
      Milliseconds encode,
      Milliseconds model,
      Milliseconds host,
      Milliseconds evaluation,
      Milliseconds decode,
      Milliseconds total,
      long primitives,
      int evals,
      double loadSeconds,
      double firstFrameSeconds,
      long peakMemoryBytes,
      long weightBytes,
      double readBytesPerSecond) {

    /** The share of its 80 ms that a frame takes at the median; below 1 it keeps up with speech. */
    public double realTimeFactor() {
      return total.p50() / AudioSource.FRAME_MILLIS;
    }

    /** At which rate the weights are read, at the median. */
    public double weightBytesPerSecond() {
      return weightBytes / (model.p50() * 1e-3);
    }

    /** The share of what the device reads at best. */
    public double readShare() {
      return weightBytesPerSecond() / readBytesPerSecond;
    }
  }

  private Benchmark(long startNanos, LoadedModel model, Dialogue dialogue) {
    this.startNanos = startNanos;
    this.model = model;
    this.dialogue = dialogue;
    input = dialogue.hearing(new Tone());
    output = dialogue.speaking(AudioSink.NONE, Optional.empty());
    loadSeconds = secondsSince(startNanos);
  }

  /**
   * Loads a model and measures it.
   *
   * @param dtype what to compute in; empty for what suits the device
   * @param frames to be measured, at least 1
   * @param progress receives after each frame how many were measured
   * @throws io.moshimlx.CancelledException if the user cancels it
   * @throws RuntimeException as {@link ModelPool#open} and {@link Dialogue#open} do
   */
  public static Report run(ModelFiles files, Optional<DType> dtype, int frames, Progress progress) {
    progress.note("loading " + files.weights().getFileName());
    long startNanos = System.nanoTime();
    Dialogue.Options options = Dialogue.Options.of(files.sampling(), 0);
    Dialogue.check(files, options);
    Memory.resetPeak();
    try (ModelPool pool = ModelPool.unlimited();
        LoadedModel model = pool.open(files, dtype);
        Dialogue dialogue = Dialogue.open(model, options)) {
      Benchmark benchmark = new Benchmark(startNanos, model, dialogue);
      // The whole of it on the thread of MLX, which alone knows what a step evaluates.
      return pool.mlx().call(() -> benchmark.measure(frames, progress));
    }
  }

  private Report measure(int frames, Progress progress) {
    double firstFrameSeconds;
    try (Workload workload = Workload.watch(false)) {
      answer(workload);
      firstFrameSeconds = secondsSince(startNanos);
      // A frame is decoded only once the delays are full.
      int warmUp = Math.max(WARM_UP_FRAMES, model.config().maxDelay() + 1);
      for (int i = 1; i < warmUp + frames; i++) {
        progress.checkCancelled();
        if (i == warmUp) {
          times = new Times();
        }
        answer(workload);
        progress.at("measuring", Math.max(0, i + 1 - warmUp), frames);
      }
    }
    Times measured = times;
    long peakMemoryBytes = Memory.peak();
    long primitives;
    int evals;
    try (Workload workload = Workload.watch(true)) {
      answer(workload);
      primitives = workload.primitives();
      evals = workload.waits();
    }
    return new Report(
        frames,
        Milliseconds.of(measured.encode),
        Milliseconds.of(measured.model),
        Milliseconds.of(measured.host),
        Milliseconds.of(measured.evaluation),
        Milliseconds.of(measured.decode),
        Milliseconds.of(measured.total),
        primitives,
        evals,
        loadSeconds,
        firstFrameSeconds,
        peakMemoryBytes,
        model.lm().stepBytes(),
        readBytesPerSecond());
  }

  /** Answers one frame. */
  private void answer(Workload workload) {
    UserFrame user = input.next().orElseThrow();
    long evaluatedBefore = workload.nanos();
    long start = System.nanoTime();
    Answer answer = dialogue.answer(user);
    double modelMs = (System.nanoTime() - start) * MILLISECONDS;
    double evaluatedMs = (workload.nanos() - evaluatedBefore) * MILLISECONDS;
    double decodeMs = output.write(user, answer.codes());
    times.encode.add(user.encodeMs());
    times.model.add(modelMs);
    times.host.add(modelMs - evaluatedMs);
    times.evaluation.add(evaluatedMs);
    times.decode.add(decodeMs);
    times.total.add(user.encodeMs() + modelMs + decodeMs);
  }

  /** Sums up numbers that no cache holds, which does little more than to read them. */
  private static double readBytesPerSecond() {
    MlxArray numbers;
    try (MlxScope _ = MlxScope.open()) {
      numbers = ones(DType.FLOAT32, READ_BYTES / DType.FLOAT32.size()).retain();
    }
    try (numbers) {
      Transforms.eval(numbers);
      double best = Double.MAX_VALUE;
      for (int i = 0; i < READS; i++) {
        try (MlxScope _ = MlxScope.open()) {
          long start = System.nanoTime();
          Transforms.eval(sum(numbers, 0, false));
          best = Math.min(best, secondsSince(start));
        }
      }
      return READ_BYTES / best;
    } finally {
      Memory.clearCache();
    }
  }

  private static double secondsSince(long nanos) {
    return (System.nanoTime() - nanos) * 1e-9;
  }
}
