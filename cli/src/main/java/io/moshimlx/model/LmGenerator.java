package io.moshimlx.model;

import static io.moshimlx.mlx.Elementwise.astype;
import static io.moshimlx.mlx.Shapes.concatenate;

import io.moshimlx.checkpoint.Conditioning;
import io.moshimlx.checkpoint.Sampling;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.MlxScope;
import io.moshimlx.mlx.StepScopes;
import io.moshimlx.mlx.Transforms;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * One conversation with a language model, step by step: the tokens of one step go in, those it
 * samples come out, with one read-back. Several generators may share a model and take their steps
 * in any order.
 *
 * <p>Belongs to the thread that loaded the model.
 */
public final class LmGenerator implements AutoCloseable {
  /** In the place of a token that is to be sampled. */
  public static final int FREE = -1;

  private final Lm lm;
  private final Sampler textSampler;
  private final Sampler audioSampler;
  private final LmState state;
  private final StepScopes scopes = new StepScopes();

  /**
   * Starts a conversation whose text is led by nothing.
   *
   * @param cfgCoef coefficient of classifier-free guidance; 1 for none. Another one needs a model
   *     whose conditioning {@link Conditioning#guides() guides}, and twice the work.
   * @param seed of the random draws of both streams
   */
  public LmGenerator(Lm lm, Sampling text, Sampling audio, double cfgCoef, long seed) {
    this(lm, text, audio, TextBias.NONE, cfgCoef, seed);
  }

  /** As above, with a text that is led. */
  public LmGenerator(
      Lm lm, Sampling text, Sampling audio, TextBias bias, double cfgCoef, long seed) {
    RandomDraws draws = new RandomDraws(seed);
    this(lm, bias.lead(text, Sampler.of(text, draws)), Sampler.of(audio, draws), cfgCoef);
  }

  public LmGenerator(Lm lm, Sampler textSampler, Sampler audioSampler, double cfgCoef) {
    boolean guided = cfgCoef != 1;
    if (guided && !lm.config().conditioning().guides()) {
      throw new IllegalArgumentException("guidance of a model without conditions");
    }
    this.lm = lm;
    this.textSampler = guided ? new GuidedSampler(textSampler, (float) cfgCoef) : textSampler;
    this.audioSampler = guided ? new GuidedSampler(audioSampler, (float) cfgCoef) : audioSampler;
    state = lm.newState(guided);
  }

  /**
   * Runs steps at which nothing is sampled, for all that comes of them is known already.
   *
   * @param inputs for each step the text token, then one token of each codebook
   */
  public void read(int[]... inputs) {
    read(() -> lm.embed(inputs));
  }

  /**
   * Runs such steps on what Helium read of them another time.
   *
   * @param embeddings the sum of the embeddings of all tokens, for each step as many values as
   *     Helium is wide
   */
  public void replay(float[]... embeddings) {
    int dim = lm.config().transformer().dim();
    float[] values = new float[embeddings.length * dim];
    for (int i = 0; i < embeddings.length; i++) {
      System.arraycopy(embeddings[i], 0, values, i * dim, dim);
    }
    read(() -> astype(MlxArray.of(values, 1, embeddings.length, dim), lm.dtype()));
  }

  private void read(Supplier<MlxArray> block) {
    try (MlxScope _ = MlxScope.open()) {
      lm.forward(block.get(), state);
    }
    Transforms.eval(state.arrays());
  }

  /**
   * Runs one step.
   *
   * @param input the text token, then one token of each codebook
   * @return the text token, then one token of each codebook that the depformer writes
   */
  public int[] step(int[] input) {
    int[] given = new int[lm.config().voiceCodebooks()];
    Arrays.fill(given, FREE);
    return step(input, given);
  }

  /**
   * Runs one step of whose outcome something is known already.
   *
   * @param input the text token, then one token of each codebook
   * @param given for each codebook that the depformer writes the token that it has, or {@link
   *     #FREE}
   * @return as above, what is given included
   */
  public int[] step(int[] input, int[] given) {
    MlxArray sampled;
    // Intermediate handles are closed before the evaluation, so that MLX can reuse their memory.
    try (Thought thought = think(input);
        MlxScope _ = scopes.open()) {
      // Helium is computed while the depformer's graph is built.
      Transforms.asyncEval(thought.textToken());
      sampled = concatenate(0, tokens(thought, given)).retain();
    }
    try (sampled) {
      int[] tokens = sampled.toInts();
      textSampler.drawn(tokens[0]);
      return tokens;
    }
  }

  /** What Helium makes of a step. */
  private record Thought(MlxArray hidden, MlxArray textToken) implements AutoCloseable {
    @Override
    public void close() {
      hidden.close();
      textToken.close();
    }
  }

  private List<MlxArray> tokens(Thought thought, int[] given) {
    MlxArray text = thought.textToken();
    return lm.depformer().isPresent()
        ? lm.depformer().get().sample(thought.hidden(), text, audioSampler, given)
        : List.of(text);
  }

  private Thought think(int[] input) {
    try (MlxScope _ = scopes.open()) {
      MlxArray hidden = lm.forward(lm.embed(input), state);
      return new Thought(hidden.retain(), textSampler.sample(lm.textLogits(hidden)).retain());
    }
  }

  @Override
  public void close() {
    state.close();
  }
}
