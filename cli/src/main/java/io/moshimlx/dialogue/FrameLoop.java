package io.moshimlx.dialogue;

import io.moshimlx.audio.AudioSource;
import io.moshimlx.audio.FramePool;
import io.moshimlx.event.EndReason;
import io.moshimlx.event.EventSink;
import io.moshimlx.event.FrameEvent;
import io.moshimlx.event.SessionStats;
import io.moshimlx.mimi.MimiDecoder;
import io.moshimlx.mimi.MimiEncoder;
import io.moshimlx.mlx.Memory;
import io.moshimlx.text.StreamingDecoder;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BinaryOperator;
import java.util.function.BooleanSupplier;

/**
 * The way of a frame: the user's audio is encoded, the model takes one step, and the frame of
 * Moshi's voice that this completes is decoded.
 *
 * <p>The three overlap, each on a thread of its own with one frame in between; the model's is the
 * caller's. Every frame of the source gives one frame to the sink, silence while the delays fill,
 * so that both sides line up.
 */
final class FrameLoop {
  private static final double MILLISECONDS = 1e-6;
  private static final int HANDOFF_FRAMES = 1;
  private static final long PATIENCE_MILLIS = 1000;
  private static final float[] SILENCE = new float[AudioSource.FRAME_SAMPLES];

  private final MimiEncoder encoder;
  private final MimiDecoder decoder;
  private final BinaryOperator<int[]> model;
  private final TokenStreams streams;
  private final StreamingDecoder text;
  private final Ends ends;
  private final Handoff<Heard> heard = new Handoff<>(HANDOFF_FRAMES);
  private final Handoff<Answered> answered = new Handoff<>(HANDOFF_FRAMES);
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final FrameTimes times = new FrameTimes();
  private final FramePool frames = new FramePool();
  private final LoopCheck loop = new LoopCheck();
  private volatile EndReason reason = EndReason.INTERRUPTED;
  private long count;
  private long startNanos = System.nanoTime();
  private long endNanos = startNanos;

  /** A frame of the user, encoded. */
  @SuppressWarnings("ArrayRecordComponent") // Passed on, never compared.
  private record Heard(
      float[] samples, int[] userTokens, double encodeMs, double lagMs, long readNanos) {}

  /** What the model made of it. */
  private record Answered(
      Heard heard, int textToken, Optional<int[]> audioTokens, double modelMs) {}

  /** One stage's work; ends when there is nothing more to do. */
  private interface Stage {
    void run() throws InterruptedException;
  }

  /**
   * A loop of one session.
   *
   * @param model takes one step: from the tokens that it reads and those of the outcome that are
   *     given already, to those that come of it
   */
  FrameLoop(
      MimiEncoder encoder,
      MimiDecoder decoder,
      BinaryOperator<int[]> model,
      TokenStreams streams,
      StreamingDecoder text,
      Ends ends) {
    this.encoder = encoder;
    this.decoder = decoder;
    this.model = model;
    this.streams = streams;
    this.text = text;
    this.ends = ends;
  }

  EndReason run(EventSink events, BooleanSupplier stopped) {
    startNanos = System.nanoTime();
    Thread ears = start("ears", () -> listen(stopped));
    Thread mouth = start("mouth", () -> speak(events));
    guard(this::think);
    join(ears);
    join(mouth);
    if (failure.get() != null) {
      throw rethrown(failure.get());
    }
    return reason;
  }

  private static RuntimeException rethrown(Throwable failure) {
    if (failure instanceof Error e) {
      throw e;
    }
    return failure instanceof RuntimeException e ? e : new IllegalStateException(failure);
  }

  /** Frames that went through. */
  long frames() {
    return count;
  }

  /** Figures of what went through so far. */
  SessionStats stats() {
    double audioSeconds = (double) count * AudioSource.FRAME_SAMPLES / AudioSource.SAMPLE_RATE;
    double wallSeconds = (endNanos - startNanos) * 1e-9;
    return new SessionStats(
        audioSeconds,
        wallSeconds,
        wallSeconds / audioSeconds,
        times.quantile(0.5),
        times.quantile(0.95),
        encoder.sanitizedSamples(),
        Memory.peak(),
        ends.warnings().droppedFrames(),
        ends.warnings().underruns(),
        ends.warnings().overrunFrames(),
        ends.warnings().outages());
  }

  private void listen(BooleanSupplier stopped) throws InterruptedException {
    while (!stopped.getAsBoolean()) {
      float[] frame = frames.take();
      if (!ends.source().read(frame)) {
        reason = EndReason.INPUT_ENDED;
        break;
      }
      long start = System.nanoTime();
      double lagMs = ends.source().lagMillis();
      int[] userTokens = encoder.encode(frame);
      if (!heard.put(new Heard(frame, userTokens, since(start), lagMs, start))) {
        return;
      }
    }
    heard.close();
  }

  private void think() throws InterruptedException {
    for (Heard next = heard.take(); next != null; next = heard.take()) {
      long start = System.nanoTime();
      int[] sampled = model.apply(streams.input(next.userTokens()), streams.given());
      Optional<int[]> audioTokens = streams.sampled(sampled);
      if (!answered.put(new Answered(next, sampled[0], audioTokens, since(start)))) {
        return;
      }
    }
    answered.close();
  }

  private void speak(EventSink events) throws InterruptedException {
    float[] decoded = new float[AudioSource.FRAME_SAMPLES];
    for (Answered next = answered.take(); next != null; next = answered.take()) {
      long start = System.nanoTime();
      float[] voice = decode(next.audioTokens(), decoded);
      double decodeMs = since(start);
      ends.sink().write(voice);
      if (ends.recorder().isPresent()) {
        ends.recorder().get().write(next.heard().samples(), voice);
      }
      frames.give(next.heard().samples());
      FrameEvent event = event(next, decodeMs);
      if (!Double.isNaN(event.lagMs())) {
        ends.warnings().pace(Math.max(decodeMs, Math.max(event.ms().encode(), next.modelMs())));
      }
      if (loop.repeats(next.textToken())) {
        ends.warnings().loop();
      }
      ends.warnings().tell(events);
      events.accept(event);
      times.add(event.ms().total());
      count++;
      endNanos = System.nanoTime();
    }
    ends.warnings().tell(events);
  }

  private float[] decode(Optional<int[]> audioTokens, float[] frame) {
    if (audioTokens.isEmpty()) {
      return SILENCE;
    }
    decoder.decode(audioTokens.get(), frame);
    return frame;
  }

  private FrameEvent event(Answered answer, double decodeMs) {
    Heard question = answer.heard();
    return new FrameEvent(
        count,
        question.userTokens(),
        answer.textToken(),
        text.push(answer.textToken()),
        answer.audioTokens().orElse(null),
        new FrameEvent.Timings(
            question.encodeMs(),
            answer.modelMs(),
            decodeMs,
            question.encodeMs() + answer.modelMs() + decodeMs),
        question.lagMs() + since(question.readNanos()));
  }

  private Thread start(String name, Stage stage) {
    return Thread.ofPlatform().name(name).daemon().start(() -> guard(stage));
  }

  /** Waits for a stage; after a failure not for long, since it may hang in a device. */
  private void join(Thread stage) {
    try {
      while (stage.isAlive() && failure.get() == null) {
        stage.join(Duration.ofMillis(PATIENCE_MILLIS));
      }
      stage.interrupt();
      boolean _ = stage.join(Duration.ofMillis(PATIENCE_MILLIS));
    } catch (InterruptedException e) {
      failure.compareAndSet(null, e);
    }
  }

  /** A stage that fails ends the others. */
  private void guard(Stage stage) {
    try {
      stage.run();
    } catch (InterruptedException | RuntimeException | Error e) {
      failure.compareAndSet(null, e);
      heard.abandon();
      answered.abandon();
    }
  }

  private static double since(long nanos) {
    return (System.nanoTime() - nanos) * MILLISECONDS;
  }
}
