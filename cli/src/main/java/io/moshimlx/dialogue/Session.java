package io.moshimlx.dialogue;

import io.moshimlx.UserException;
import io.moshimlx.checkpoint.LmConfig;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.checkpoint.Sampling;
import io.moshimlx.event.EndEvent;
import io.moshimlx.event.EndReason;
import io.moshimlx.event.EventSink;
import io.moshimlx.event.SessionEvent;
import io.moshimlx.mimi.Mimi;
import io.moshimlx.mlx.DType;
import io.moshimlx.model.Lm;
import io.moshimlx.model.LmGenerator;
import io.moshimlx.model.TextBias;
import io.moshimlx.text.Tokenizer;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/**
 * A loaded model and one dialogue with it.
 *
 * <p>Belongs to the thread that opened it.
 */
public final class Session implements AutoCloseable {
  private final Lm lm;
  private final Mimi codec;
  private final LmGenerator generator;
  private final Tokenizer tokenizer;
  private final TokenStreams streams;

  /**
   * How a dialogue is run.
   *
   * @param audio how the tokens of Moshi's voice are drawn
   * @param text how the tokens of the inner monologue are drawn
   * @param bias what leads the text
   * @param cfgCoef coefficient of classifier-free guidance; 1 for none
   * @param seed of the random draws
   * @param dtype what to compute in; empty for what suits the device
   */
  public record Options(
      Sampling audio,
      Sampling text,
      TextBias bias,
      double cfgCoef,
      long seed,
      Optional<DType> dtype) {

    private LmGenerator generator(Lm lm) {
      return new LmGenerator(lm, text, audio, bias, cfgCoef, seed);
    }
  }

  private Session(Lm lm, Mimi codec, Tokenizer tokenizer, Options options) {
    this.lm = lm;
    this.codec = codec;
    this.tokenizer = tokenizer;
    generator = options.generator(lm);
    streams = new TokenStreams(lm.config());
  }

  /**
   * Loads a model's files.
   *
   * @throws UserException if they do not fit each other
   * @throws io.moshimlx.mlx.MlxException if the language model cannot be read
   * @throws io.moshimlx.mimi.MimiException if the codec cannot be read
   */
  public static Session open(ModelFiles files, Options options) {
    LmConfig config = files.config();
    requireVoice(files);
    if (options.cfgCoef() != 1 && !config.conditioning().guides()) {
      throw new UserException(
          "a cfg_coef of %s needs a model with a condition to lead by (conditioners.description), which that of %s has not"
              .formatted(options.cfgCoef(), files.weights()),
          "set --cfg-coef 1");
    }
    Tokenizer tokenizer = Tokenizer.open(files.tokenizer());
    if (tokenizer.vocabularySize() != config.textCard()) {
      throw new UserException(
          "%s has %d pieces, but the model's text vocabulary (text_card) has %d"
              .formatted(files.tokenizer(), tokenizer.vocabularySize(), config.textCard()),
          "give the tokenizer that belongs to the model");
    }
    Mimi codec = codec(files);
    Lm lm;
    try {
      lm = Lm.load(config, files.weights(), files.precision(), options.dtype());
    } catch (RuntimeException e) {
      codec.close();
      throw e;
    }
    Session session = new Session(lm, codec, tokenizer, options);
    try {
      session.warmUp(options);
    } catch (RuntimeException e) {
      session.close();
      throw e;
    }
    return session;
  }

  /**
   * Has done once what takes longer the first time: a GPU's kernels are compiled, memory is
   * fetched. The dialogue begins as if this had not been.
   */
  private void warmUp(Options options) {
    try (LmGenerator other = options.generator(lm)) {
      TokenStreams silence = new TokenStreams(lm.config());
      // The first frame is decoded once the delays are full.
      for (int i = 0; i <= lm.config().maxDelay(); i++) {
        int[] user = codec.encode(new float[Mimi.FRAME_SAMPLES]);
        silence.sampled(other.step(silence.input(user), silence.given())).ifPresent(codec::decode);
      }
    }
    codec.reset();
  }

  /** Refuses a model that only writes text. */
  public static void requireVoice(ModelFiles files) {
    if (files.config().depQ() == 0) {
      throw new UserException(
          files.weights()
              + " is of a model that only writes text (dep_q is 0), and a conversation needs one that speaks",
          "choose another model");
    }
  }

  /** A model's codec, with as many codebooks as the model needs. Throws as {@link #open} does. */
  public static Mimi codec(ModelFiles files) {
    LmConfig config = files.config();
    Mimi codec =
        Mimi.open(
            files.mimi(),
            files.mimiConfig().orElse(null),
            Math.max(config.depQ(), config.userCodebooks()));
    if (codec.cardinality() != config.card()) {
      int entries = codec.cardinality();
      codec.close();
      throw new UserException(
          "%s has codebooks of %d entries, but the model expects %d (card)"
              .formatted(files.mimi(), entries, config.card()),
          "give the codec that belongs to the model");
    }
    return codec;
  }

  /**
   * Tells the model who it is, before the dialogue; for a model that {@linkplain
   * LmConfig#prompted() takes prompts}.
   *
   * @param percent told how far it is, from time to time
   * @param stopped asked now and then; what is stopped here is not to be gone on with
   * @throws UserException if voice and role are longer than the model's context
   */
  public void tell(Prompt prompt, IntConsumer percent, BooleanSupplier stopped) {
    PromptPhase phase =
        new PromptPhase(
            codec,
            generator::read,
            generator::replay,
            streams,
            prompt.voice(),
            prompt.roleTokens(tokenizer));
    int context = lm.config().transformer().context();
    if (phase.length() > context) {
      throw new UserException(
          "the voice and the persona take %,d steps, but the model remembers no more than %,d"
              .formatted(phase.length(), context),
          "make the persona shorter");
    }
    phase.run(percent, stopped);
  }

  /**
   * Runs the dialogue until the source ends or the user stops it, once. The last event is always
   * sent, whatever happens; frames and warnings come on a thread of the loop.
   *
   * @param start the first event
   * @param stopped becomes true when the user stops the session; asked before each frame
   * @return why it ended: {@code INPUT_ENDED} or {@code INTERRUPTED}
   */
  public EndReason run(SessionEvent start, Ends ends, EventSink events, BooleanSupplier stopped) {
    FrameLoop loop = new FrameLoop(codec, generator::step, streams, tokenizer.decoder(), ends);
    events.accept(start);
    EndReason reason;
    try {
      reason = loop.run(events, stopped);
    } catch (RuntimeException e) {
      try {
        events.accept(new EndEvent(loop.frames(), EndReason.FAILED, loop.stats()));
      } catch (RuntimeException unsent) {
        e.addSuppressed(unsent);
      }
      throw e;
    }
    events.accept(new EndEvent(loop.frames(), reason, loop.stats()));
    return reason;
  }

  @Override
  public void close() {
    generator.close();
    lm.close();
    codec.close();
  }
}
