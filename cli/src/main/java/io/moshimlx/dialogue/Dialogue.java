package io.moshimlx.dialogue;

import io.moshimlx.CancelledException;
import io.moshimlx.Clock;
import io.moshimlx.Progress;
import io.moshimlx.UserException;
import io.moshimlx.audio.AudioSink;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.audio.Recorder;
import io.moshimlx.checkpoint.LmConfig;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.checkpoint.Sampling;
import io.moshimlx.engine.LoadedModel;
import io.moshimlx.engine.MlxThread;
import io.moshimlx.engine.Reservation;
import io.moshimlx.event.EndEvent;
import io.moshimlx.event.EndReason;
import io.moshimlx.event.EventQueue;
import io.moshimlx.event.EventSink;
import io.moshimlx.event.SessionEvent;
import io.moshimlx.mimi.MimiDecoder;
import io.moshimlx.mimi.MimiEncoder;
import io.moshimlx.model.LmGenerator;
import io.moshimlx.model.TextBias;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * One conversation with a loaded model: its KV cache, its random draws, its token streams, its
 * codec streams. The weights belong to the model, which other conversations may share.
 */
public final class Dialogue implements AutoCloseable {
  private final LoadedModel model;
  private final Reservation reservation;
  private final MimiEncoder encoder;
  private final MimiDecoder decoder;
  private final LmGenerator generator;
  private final TokenStreams streams;

  /**
   * How a dialogue is run.
   *
   * @param audio how the tokens of Moshi's voice are drawn
   * @param text how the tokens of the inner monologue are drawn
   * @param bias what leads the text
   * @param cfgCoef coefficient of classifier-free guidance; 1 for none
   * @param seed of the random draws
   */
  public record Options(Sampling audio, Sampling text, TextBias bias, double cfgCoef, long seed) {

    /** Those that a model asks for, with a text that is led by nothing. */
    public static Options of(Sampling.Defaults defaults, long seed) {
      return new Options(
          defaults.audio(), defaults.text(), TextBias.NONE, defaults.cfgCoef(), seed);
    }
  }

  private Dialogue(LoadedModel model, Reservation reservation, LmGenerator generator) {
    this.model = model;
    this.reservation = reservation;
    this.generator = generator;
    encoder = model.codec().newEncoder();
    decoder = model.codec().newDecoder();
    streams = new TokenStreams(model.config());
  }

  /**
   * Checks that a model can have a conversation, before it is loaded.
   *
   * @throws UserException if not
   */
  public static void check(ModelFiles files, Options options) {
    LmConfig config = files.config();
    if (config.voiceCodebooks() == 0) {
      throw new UserException(
          files.weights()
              + " is of a model that only writes text (dep_q is 0), and a conversation needs one that speaks",
          "choose another model");
    }
    if (options.cfgCoef() != 1 && !config.conditioning().guides()) {
      throw new UserException(
          "a cfg_coef of %s needs a model with a 'description' conditioner, which that of %s lacks"
              .formatted(options.cfgCoef(), files.weights()),
          "use --cfg-coef 1");
    }
  }

  /**
   * Begins a conversation.
   *
   * @throws UserException if the model cannot have it, or there is no memory left for it
   */
  public static Dialogue open(LoadedModel model, Options options) {
    check(model.files(), options);
    Reservation reservation = model.admit();
    try {
      LmGenerator generator = model.mlx().call(() -> newGenerator(model, options));
      return new Dialogue(model, reservation, generator);
    } catch (RuntimeException e) {
      reservation.close();
      throw e;
    }
  }

  private static LmGenerator newGenerator(LoadedModel model, Options options) {
    return new LmGenerator(
        model.lm(),
        options.text(),
        options.audio(),
        options.bias(),
        options.cfgCoef(),
        options.seed());
  }

  /**
   * Runs a few frames of another conversation and discards them, so that kernels are compiled and
   * memory is allocated before the first real frame. It leaves no state behind.
   */
  public static void warmUp(LoadedModel model, Options options) {
    float[] silence = new float[AudioSource.FRAME_SAMPLES];
    try (Dialogue other = open(model, options)) {
      // The first frame is decoded once the delays are full.
      for (int i = 0; i <= model.config().maxDelay(); i++) {
        UserFrame user =
            new UserFrame(other.encoder.encode(silence), silence, System.nanoTime(), 0, Double.NaN);
        other.answer(user).codes().ifPresent(other.decoder::decode);
      }
    }
  }

  /** Runs the step that reads a frame of the user. */
  public Answer answer(UserFrame user) {
    StepInput input = streams.next(user.tokens());
    int[] sampled =
        model.mlx().call(deadline(user), () -> generator.step(input.tokens(), input.given()));
    return new Answer(sampled[0], streams.complete(sampled));
  }

  /**
   * Prompts the model with its voice and its role, before the conversation runs; for a model that
   * {@linkplain LmConfig#takesPrompts() takes prompts}.
   *
   * @param progress receives how many steps are done, and may cancel the rest
   * @throws UserException if voice and role are longer than the model's context
   * @throws CancelledException if it was cancelled; the conversation is of no use then
   */
  public void prompt(Prompt prompt, Progress progress) {
    PromptPhase phase =
        new PromptPhase(
            encoder,
            inputs -> model.mlx().run(() -> generator.read(inputs)),
            embeddings -> model.mlx().run(() -> generator.replay(embeddings)),
            streams,
            prompt.voice(),
            prompt.roleTokens(model.tokenizer()));
    int context = model.config().transformer().context();
    if (phase.length() > context) {
      throw new UserException(
          "the voice and the persona take %,d steps, but the model remembers no more than %,d"
              .formatted(phase.length(), context),
          "make the persona shorter");
    }
    phase.run(progress);
  }

  /** The user's frames from sound. */
  public UserInput hearing(AudioSource source) {
    return new EncodedAudio(source, encoder);
  }

  /**
   * Moshi's frames as sound.
   *
   * @param recorder of both sides, frame by frame
   */
  public VoiceOutput speaking(AudioSink sink, Optional<Recorder> recorder) {
    return new DecodedAudio(sink, recorder, decoder);
  }

  /**
   * Runs the conversation until the input ends or the user stops it, once. The last event is always
   * sent, whatever happens.
   *
   * @param start the first event
   * @param input the user's frames
   * @param output takes Moshi's
   * @param warnings of the devices
   * @param sink takes all events, in their order and on one thread
   * @param stopped becomes true when the user stops the session; asked before each frame
   * @return why it ended: {@code INPUT_ENDED} or {@code INTERRUPTED}
   */
  public EndReason run(
      SessionEvent start,
      UserInput input,
      VoiceOutput output,
      Warnings warnings,
      EventSink sink,
      BooleanSupplier stopped) {
    FrameLoop loop =
        new FrameLoop(
            Clock.SYSTEM, input, this::answer, model.tokenizer().decoder(), output, warnings);
    try (EventQueue events = EventQueue.start(sink)) {
      events.accept(start);
      EndReason reason = EndReason.FAILED;
      try {
        reason = loop.run(events, stopped);
      } catch (RuntimeException e) {
        sendAfter(e, events, new EndEvent(loop.frames(), reason, loop.stats()));
        throw e;
      }
      events.accept(new EndEvent(loop.frames(), reason, loop.stats()));
      events.finish(reason == EndReason.INPUT_ENDED);
      return reason;
    }
  }

  /** Sends the last event after a failure, which may be that of a sink. */
  private static void sendAfter(RuntimeException failure, EventQueue events, EndEvent end) {
    try {
      events.accept(end);
      events.finish(false);
    } catch (RuntimeException e) {
      if (!e.equals(failure)) {
        failure.addSuppressed(e);
      }
    }
  }

  /** When a step should be done: a frame after the last sound that it hears. */
  private static long deadline(UserFrame user) {
    return user.isLive()
        ? user.readNanos() - (long) (user.lagMs() * 1e6) + AudioSource.FRAME_NANOS
        : MlxThread.NO_DEADLINE;
  }

  @Override
  public void close() {
    model.mlx().run(generator::close);
    encoder.close();
    decoder.close();
    reservation.close();
  }
}
