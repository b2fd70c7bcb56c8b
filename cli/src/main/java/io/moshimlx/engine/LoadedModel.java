package io.moshimlx.engine;

import io.moshimlx.UserException;
import io.moshimlx.checkpoint.LmConfig;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.mimi.Mimi;
import io.moshimlx.mlx.DType;
import io.moshimlx.model.Lm;
import io.moshimlx.text.Tokenizer;
import java.util.Optional;

/**
 * A model that is loaded: language model, codec and tokenizer. Any number of conversations share
 * it; each has its own state.
 */
public final class LoadedModel implements AutoCloseable {
  private final ModelFiles files;
  private final ModelPool pool;
  private final Lm lm;
  private final Tokenizer tokenizer;
  private final long conversationBytes;
  private final Reservation reservation;

  private LoadedModel(
      ModelFiles files,
      ModelPool pool,
      Lm lm,
      Tokenizer tokenizer,
      long conversationBytes,
      Reservation reservation) {
    this.files = files;
    this.pool = pool;
    this.lm = lm;
    this.tokenizer = tokenizer;
    this.conversationBytes = conversationBytes;
    this.reservation = reservation;
  }

  /** Loads a model's files and checks that they fit each other; throws as the pool does. */
  static LoadedModel load(
      ModelPool pool,
      ModelFiles files,
      Optional<DType> dtype,
      MemoryEstimate estimate,
      Reservation reservation) {
    Tokenizer tokenizer = Tokenizer.open(files.tokenizer());
    if (tokenizer.vocabularySize() != files.config().textCard()) {
      throw new UserException(
          "%s has %d pieces, but the model's text vocabulary (text_card) has %d"
              .formatted(files.tokenizer(), tokenizer.vocabularySize(), files.config().textCard()),
          "give the tokenizer that belongs to the model");
    }
    Lm lm =
        pool.mlx()
            .call(() -> {
              Lm loaded = Lm.load(files.config(), files.weights(), files.quantization(), dtype);
              MemoryLimits.apply();
              return loaded;
            });
    return new LoadedModel(
        files, pool, lm, tokenizer, estimate.conversationBytes(Lm.computed(dtype)), reservation);
  }

  /** The files that it was loaded from. */
  public ModelFiles files() {
    return files;
  }

  /** The configuration of the language model. */
  public LmConfig config() {
    return files.config();
  }

  /** The language model; to be used on the thread of MLX alone. */
  public Lm lm() {
    return lm;
  }

  /** The tokenizer of its text. */
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /** The thread that computes it. */
  public MlxThread mlx() {
    return pool.mlx();
  }

  /**
   * New streams of the codec, with as many codebooks as the model needs.
   *
   * @throws UserException if the codec does not fit the model
   * @throws io.moshimlx.mimi.MimiException if it cannot be read
   */
  public Mimi newCodec() {
    Mimi codec =
        Mimi.open(
            files.mimi(),
            files.mimiConfig().orElse(null),
            Math.max(config().voiceCodebooks(), config().userCodebooks()));
    if (codec.cardinality() != config().card()) {
      int entries = codec.cardinality();
      codec.close();
      throw new UserException(
          "%s has codebooks of %d entries, but the model expects %d (card)"
              .formatted(files.mimi(), entries, config().card()),
          "give the codec that belongs to the model");
    }
    return codec;
  }

  /**
   * Sets aside the memory of one more conversation.
   *
   * @return to be closed when the conversation ends
   * @throws UserException if that does not fit beside what is there
   */
  public Reservation admit() {
    return pool.reserve(
        "one more conversation", conversationBytes, "end another one, or choose a smaller model");
  }

  /** Frees its memory. */
  void free() {
    mlx().run(lm::close);
    reservation.close();
  }

  /** Ends one use of it; with the last use its memory is freed. */
  @Override
  public void close() {
    pool.leave(this);
  }
}
