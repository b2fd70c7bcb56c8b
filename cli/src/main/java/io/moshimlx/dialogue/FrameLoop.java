package io.moshimlx.dialogue;

import io.moshimlx.Clock;
import io.moshimlx.FrameTimes;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.event.EndReason;
import io.moshimlx.event.EventSink;
import io.moshimlx.event.FrameEvent;
import io.moshimlx.event.SessionStats;
import io.moshimlx.mlx.Memory;
import io.moshimlx.text.StreamingDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/**
 * The way of a frame through one session: it comes from the user's input, the model takes a step,
 * and the frame of Moshi's voice that this completes goes to the output.
 *
 * <p>The three overlap, each on a thread of its own with one frame in between; the model's is the
 * caller's. Every frame of the input gives one frame to the output, silence while the delays fill,
 * so that both sides line up.
 */
final class FrameLoop {
  private static final int HANDOFF_FRAMES = 1;
  private static final double MILLISECONDS = 1e-6;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Clock clock;
  private final UserInput input;
  private final StepModel model;
  private final StreamingDecoder text;
  private final VoiceOutput output;
  private final Warnings warnings;
  private final Handoff<UserFrame> heard;
  private final Handoff<Answered> answered;
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final FrameTimes times = new FrameTimes();
  private final LoopCheck loop = new LoopCheck();
  private volatile EndReason reason = EndReason.INTERRUPTED;
  private long frames;
  private long startNanos;
  private long endNanos;

  /** The threads that are at work; guards {@code unfinished} as well. */
  private final List<Thread> threads = new ArrayList<>();

  private int unfinished;

  /** A frame of the user with its answer. */
  private record Answered(UserFrame user, Answer answer, double modelMs) {}

  /** The work of one thread; ends when there is nothing more to do. */
  private interface Stage {
    void run() throws InterruptedException;
  }

  FrameLoop(
      Clock clock,
      UserInput input,
      StepModel model,
      StreamingDecoder text,
      VoiceOutput output,
      Warnings warnings) {
    this.clock = clock;
    this.input = input;
    this.model = model;
    this.text = text;
    this.output = output;
    this.warnings = warnings;
    heard = new Handoff<>(clock, HANDOFF_FRAMES);
    answered = new Handoff<>(clock, HANDOFF_FRAMES);
    startNanos = clock.nanoTime();
    endNanos = startNanos;
  }

  /**
   * Runs until the input ends or the user stops the session, once.
   *
   * @param events takes frames and warnings, on the output's thread
   * @param stopped asked before each frame
   * @return why it ended: {@code INPUT_ENDED} or {@code INTERRUPTED}
   */
  EndReason run(EventSink events, BooleanSupplier stopped) {
    startNanos = clock.nanoTime();
    start("input", () -> listen(stopped));
    start("output", () -> speak(events));
    guard(this::answer);
    join();
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

  /** How many frames have gone through. */
  long frames() {
    return frames;
  }

  /** Figures of the frames so far. */
  SessionStats stats() {
    double audioSeconds = (double) frames * AudioSource.FRAME_SAMPLES / AudioSource.SAMPLE_RATE;
    double wallSeconds = (endNanos - startNanos) * 1e-9;
    return new SessionStats(
        audioSeconds,
        wallSeconds,
        wallSeconds / audioSeconds,
        times.quantile(0.5),
        times.quantile(0.95),
        input.sanitizedSamples(),
        Memory.peak(),
        warnings.droppedFrames(),
        warnings.underruns(),
        warnings.overrunFrames(),
        warnings.outages());
  }

  private void listen(BooleanSupplier stopped) throws InterruptedException {
    while (!stopped.getAsBoolean()) {
      Optional<UserFrame> next = input.next();
      if (next.isEmpty()) {
        reason = EndReason.INPUT_ENDED;
        break;
      }
      if (!heard.put(next.orElseThrow())) {
        return;
      }
    }
    heard.close();
  }

  private void answer() throws InterruptedException {
    for (UserFrame user = heard.take(); user != null; user = heard.take()) {
      long start = clock.nanoTime();
      Answer answer = model.answer(user);
      if (!answered.put(new Answered(user, answer, millisSince(start)))) {
        return;
      }
    }
    answered.close();
  }

  private void speak(EventSink events) throws InterruptedException {
    for (Answered next = answered.take(); next != null; next = answered.take()) {
      double decodeMs = output.write(next.user(), next.answer().codes());
      FrameEvent event = event(next, decodeMs);
      if (next.user().isLive()) {
        warnings.pace(Math.max(decodeMs, Math.max(event.ms().encode(), next.modelMs())));
      }
      if (loop.repeats(next.answer().textToken())) {
        warnings.loop();
      }
      warnings.send(events);
      events.accept(event);
      times.add(event.ms().total());
      frames++;
      endNanos = clock.nanoTime();
    }
    warnings.send(events);
  }

  private FrameEvent event(Answered answered, double decodeMs) {
    UserFrame user = answered.user();
    Answer answer = answered.answer();
    return new FrameEvent(
        frames,
        user.tokens(),
        answer.textToken(),
        text.push(answer.textToken()),
        answer.codes().orElse(null),
        new FrameEvent.Timings(
            user.encodeMs(),
            answered.modelMs(),
            decodeMs,
            user.encodeMs() + answered.modelMs() + decodeMs),
        user.lagMs() + millisSince(user.readNanos()));
  }

  private void start(String name, Stage stage) {
    synchronized (threads) {
      unfinished++;
    }
    clock.start(
        name,
        () -> {
          synchronized (threads) {
            threads.add(Thread.currentThread());
          }
          guard(stage);
          synchronized (threads) {
            threads.remove(Thread.currentThread());
            unfinished--;
            clock.signal(threads);
          }
        });
  }

  /** Waits for the threads; after a failure not for long, since one may hang in a device. */
  private void join() {
    try {
      synchronized (threads) {
        while (unfinished > 0 && failure.get() == null) {
          clock.await(threads, PATIENCE_NANOS);
        }
        threads.forEach(Thread::interrupt);
        long end = clock.nanoTime() + PATIENCE_NANOS;
        while (unfinished > 0 && clock.nanoTime() < end) {
          clock.await(threads, end - clock.nanoTime());
        }
      }
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

  private double millisSince(long nanos) {
    return (clock.nanoTime() - nanos) * MILLISECONDS;
  }
}
