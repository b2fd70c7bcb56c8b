package io.moshimlx.dialogue;

import io.moshimlx.checkpoint.LmConfig;
import io.moshimlx.model.LmGenerator;
import io.moshimlx.voice.StoredVoice;
import java.util.Arrays;
import java.util.Optional;

/**
 * The tokens of the last few frames of every stream, on the host, and the delays between them.
 *
 * <p>At step t the model reads the text token of step t - 1 and, of a codebook with delay d, the
 * token of frame t - 1 - d; before the first one stands the stream's initial token. A token that
 * the model samples at step t for such a codebook belongs to frame t - d, so a frame is whole once
 * the slowest codebook has reached it.
 */
public final class TokenStreams {
  private final LmConfig config;

  /** [frame modulo length][codebook]. */
  private final int[][] frames;

  private int textToken;
  private int step;
  private boolean open;

  /** Frames whose tokens of Moshi's voice were given, from the first on. */
  private int given;

  public TokenStreams(LmConfig config) {
    this.config = config;
    this.textToken = config.textCard();
    this.frames = new int[config.maxDelay() + 2][config.codebooks()];
  }

  /**
   * Takes the user's frame of the next step. {@link #complete} ends the step.
   *
   * @param userTokens at least one code for each of the user's codebooks
   * @return what the model reads at this step
   */
  public StepInput next(int[] userTokens) {
    requireOpen(false);
    open = true;
    return new StepInput(read(userTokens), given());
  }

  /** What the model reads: the text token, then one token of each codebook. */
  private int[] read(int[] userTokens) {
    System.arraycopy(userTokens, 0, frame(step), config.voiceCodebooks(), config.userCodebooks());
    int[] input = new int[1 + config.codebooks()];
    input[0] = textToken;
    for (int codebook = 0; codebook < config.codebooks(); codebook++) {
      int source = step - 1 - config.delays().get(codebook);
      input[1 + codebook] = source < 0 ? config.card() : frame(source)[codebook];
    }
    return input;
  }

  /**
   * Takes a whole step at which nothing is sampled.
   *
   * @param text the text token
   * @param voice a code for each codebook of Moshi's voice
   * @param user a code for each codebook of the user
   * @return what the model reads at this step: the text token, then one token of each codebook
   */
  public int[] force(int text, int[] voice, int[] user) {
    requireOpen(false);
    int[] input = read(user);
    System.arraycopy(voice, 0, frame(step), 0, config.voiceCodebooks());
    textToken = text;
    step++;
    given = step;
    return input;
  }

  /** Takes all steps of a stored voice, as the first of a session. */
  public void force(StoredVoice voice) {
    step = voice.steps();
    given = step;
    textToken = voice.textToken();
    for (int codebook = 0; codebook < config.codebooks(); codebook++) {
      int delay = config.delays().get(codebook);
      for (int frame = step - 1 - delay; frame < step; frame++) {
        frame(frame)[codebook] = voice.code(codebook, frame, delay);
      }
    }
  }

  /**
   * What is known already of the tokens that the model samples at this step: those of a delayed
   * codebook may belong to a frame that was given.
   *
   * @return for each codebook of Moshi's voice a token, or {@link LmGenerator#FREE}
   */
  private int[] given() {
    int[] tokens = new int[config.voiceCodebooks()];
    for (int codebook = 0; codebook < tokens.length; codebook++) {
      int target = step - config.delays().get(codebook);
      tokens[codebook] = target >= 0 && target < given ? frame(target)[codebook] : LmGenerator.FREE;
    }
    return tokens;
  }

  /**
   * Takes what the model sampled, and ends the step that {@link #next} began.
   *
   * @param sampled the text token, then one token of each codebook of Moshi's voice
   * @return the codes of the frame that this step completed, or empty while the delays fill
   */
  public Optional<int[]> complete(int[] sampled) {
    requireOpen(true);
    open = false;
    textToken = sampled[0];
    for (int codebook = 0; codebook < config.voiceCodebooks(); codebook++) {
      int target = step - config.delays().get(codebook);
      if (target >= 0) {
        frame(target)[codebook] = sampled[1 + codebook];
      }
    }
    int whole = step - config.maxDelay();
    step++;
    return whole < 0
        ? Optional.empty()
        : Optional.of(Arrays.copyOf(frame(whole), config.voiceCodebooks()));
  }

  private void requireOpen(boolean wanted) {
    if (open != wanted) {
      throw new IllegalStateException(open ? "a step is not complete" : "no step has begun");
    }
  }

  private int[] frame(int index) {
    return frames[index % frames.length];
  }
}
