package io.moshimlx.dialogue;

import io.moshimlx.model.LmConfig;
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

  public TokenStreams(LmConfig config) {
    this.config = config;
    this.textToken = config.textCard();
    this.frames = new int[config.maxDelay() + 2][config.codebooks()];
  }

  /**
   * Takes the user's frame of the next step.
   *
   * @param userTokens at least one code for each of the user's codebooks
   * @return what the model reads at this step: the text token, then one token of each codebook
   */
  public int[] input(int[] userTokens) {
    System.arraycopy(userTokens, 0, frame(step), config.depQ(), config.userCodebooks());
    int[] input = new int[1 + config.codebooks()];
    input[0] = textToken;
    for (int codebook = 0; codebook < config.codebooks(); codebook++) {
      int source = step - 1 - config.delays().get(codebook);
      input[1 + codebook] = source < 0 ? config.card() : frame(source)[codebook];
    }
    return input;
  }

  /**
   * Takes what the model sampled and ends the step.
   *
   * @param sampled the text token, then one token of each codebook of Moshi's voice
   * @return the codes of the frame that this step completed, or empty while the delays fill
   */
  public Optional<int[]> sampled(int[] sampled) {
    textToken = sampled[0];
    for (int codebook = 0; codebook < config.depQ(); codebook++) {
      int target = step - config.delays().get(codebook);
      if (target >= 0) {
        frame(target)[codebook] = sampled[1 + codebook];
      }
    }
    int complete = step - config.maxDelay();
    step++;
    return complete < 0
        ? Optional.empty()
        : Optional.of(Arrays.copyOf(frame(complete), config.depQ()));
  }

  private int[] frame(int index) {
    return frames[index % frames.length];
  }
}
