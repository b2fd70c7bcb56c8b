package io.moshimlx.bench;

import static io.moshimlx.mlx.Creation.ones;
import static io.moshimlx.mlx.Reductions.sum;

import io.moshimlx.audio.AudioSource;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.dialogue.FrameTimes;
import io.moshimlx.dialogue.Session;
import io.moshimlx.dialogue.TokenStreams;
import io.moshimlx.mimi.Mimi;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.Memory;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.MlxScope;
import io.moshimlx.mlx.Transforms;
import io.moshimlx.mlx.Workload;
import io.moshimlx.model.Lm;
import io.moshimlx.model.LmGenerator;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/**
 * Has a model answer a tone, one stage after the other on one thread, and tells what a frame costs.
 */
public final class Benchmark implements AutoCloseable {
  /** The first second is left out: kernels are compiled in it. */
  private static final int WARM_UP_FRAMES = 12;

  /** What the plain read goes over, and how often: more than any cache holds. */
  private static final int READ_BYTES = 256 << 20;

  private static final int READS = 5;

  private static final double MILLISECONDS = 1e-6;

  private final long startNanos = System.nanoTime();
  private final Mimi codec;
  private final Lm lm;
  private final LmGenerator generator;
  private final TokenStreams streams;
  private final double loadSeconds;
  private final AudioSource source = new Tone();
  private final float[] frame = new float[AudioSource.FRAME_SAMPLES];
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

  private Benchmark(ModelFiles files, Optional<DType> dtype) {
    codec = Session.codec(files);
    try {
      lm = Lm.load(files.config(), files.weights(), files.precision(), dtype);
    } catch (RuntimeException e) {
      codec.close();
      throw e;
    }
    generator =
        new LmGenerator(
            lm, files.sampling().text(), files.sampling().audio(), files.sampling().cfgCoef(), 0);
    streams = new TokenStreams(files.config());
    loadSeconds = secondsSince(startNanos);
  }

  /**
   * Loads a model and measures it.
   *
   * @param dtype what to compute in; empty for what suits the device
   * @param frames to be measured, at least 1
   * @param progress told how many were, after each
   * @param stopped asked before each frame
   * @return empty if it was stopped
   * @throws RuntimeException as {@link Session#open} does
   */
  public static Optional<Report> run(
      ModelFiles files,
      Optional<DType> dtype,
      int frames,
      IntConsumer progress,
      BooleanSupplier stopped) {
    Session.requireVoice(files);
    Memory.resetPeak();
    try (Benchmark benchmark = new Benchmark(files, dtype)) {
      return benchmark.measure(frames, progress, stopped);
    }
  }

  private Optional<Report> measure(int frames, IntConsumer progress, BooleanSupplier stopped) {
    double firstFrameSeconds;
    try (Workload workload = Workload.watch(false)) {
      answer(workload);
      firstFrameSeconds = secondsSince(startNanos);
      // A frame is decoded only once the delays are full.
      int warmUp = Math.max(WARM_UP_FRAMES, lm.config().maxDelay() + 1);
      for (int i = 1; i < warmUp + frames; i++) {
        if (stopped.getAsBoolean()) {
          return Optional.empty();
        }
        if (i == warmUp) {
          times = new Times();
        }
        answer(workload);
        progress.accept(Math.max(0, i + 1 - warmUp));
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
    return Optional.of(
        new Report(
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
            lm.stepBytes(),
            readBytesPerSecond()));
  }

  /** One frame. */
  private void answer(Workload workload) {
    source.read(frame);
    long evaluatedBefore = workload.nanos();
    long start = System.nanoTime();
    int[] userTokens = codec.encode(frame);
    long encoded = System.nanoTime();
    Optional<int[]> audioTokens = streams.sampled(generator.step(streams.input(userTokens)));
    long stepped = System.nanoTime();
    audioTokens.ifPresent(codec::decode);
    long decoded = System.nanoTime();
    long evaluated = workload.nanos() - evaluatedBefore;
    times.encode.add((encoded - start) * MILLISECONDS);
    times.model.add((stepped - encoded) * MILLISECONDS);
    times.host.add((stepped - encoded - evaluated) * MILLISECONDS);
    times.evaluation.add(evaluated * MILLISECONDS);
    times.decode.add((decoded - stepped) * MILLISECONDS);
    times.total.add((decoded - start) * MILLISECONDS);
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

  @Override
  public void close() {
    generator.close();
    lm.close();
    codec.close();
  }
}
