package io.moshimlx.model;

import static io.moshimlx.mlx.Elementwise.add;
import static io.moshimlx.mlx.Elementwise.astype;
import static io.moshimlx.mlx.Reductions.softmax;
import static io.moshimlx.mlx.Shapes.concatenate;
import static io.moshimlx.mlx.Shapes.flatten;
import static io.moshimlx.mlx.Shapes.reshape;

import io.moshimlx.checkpoint.Conditioning;
import io.moshimlx.checkpoint.Layout;
import io.moshimlx.checkpoint.LmConfig;
import io.moshimlx.checkpoint.Quantization;
import io.moshimlx.checkpoint.TransformerConfig;
import io.moshimlx.checkpoint.Weights;
import io.moshimlx.mlx.CompiledKernels;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.Device;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.MlxScope;
import io.moshimlx.mlx.Transforms;
import io.moshimlx.mlx.nn.UnaryLayer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Moshi's language model: the embeddings of all token streams, Helium over time, the text head and
 * the depformer. It has weights alone: a conversation's state is an {@link LmState}.
 *
 * <p>Belongs to the thread that loaded it.
 */
public final class Lm implements AutoCloseable {
  private final LmConfig config;
  private final Embeddings embeddings;
  private final ConditionProvider conditionProvider;
  private final Transformer transformer;
  private final UnaryLayer outNorm;
  private final UnaryLayer textLinear;
  private final List<UnaryLayer> extraHeads;
  private final Optional<Depformer> depformer;
  private final DType dtype;
  private final long stepBytes;
  private final Owned owned;

  private Lm(LmConfig config, Weights weights, ComputePlan plan, Owned owned) {
    this.config = config;
    this.owned = owned;
    Kernels kernels = plan.kernels().apply(owned);
    Layers besideSteps = new Layers(weights, kernels, plan.splitFrom(), owned);
    conditionProvider = new ConditionProvider(config, besideSteps);
    extraHeads =
        IntStream.range(0, config.extraHeads().count())
            .mapToObj(i ->
                besideSteps.linear(
                    "extra_heads." + i, config.transformer().dim(), config.extraHeads().dim()))
            .toList();
    Layers layers = new Layers(weights, kernels, plan.splitFrom(), owned);
    embeddings = new Embeddings(config, layers);
    transformer = new Transformer(config.transformer(), "transformer.", layers, plan.early());
    MlxArray outNormWeight = layers.tensor("out_norm.weight", config.transformer().dim());
    outNorm = kernels.rmsNorm(outNormWeight);
    dtype = outNormWeight.dtype();
    textLinear = layers.linear("text_linear", config.transformer().dim(), config.textCard());
    depformer =
        config.voiceCodebooks() == 0
            ? Optional.empty()
            : Optional.of(new Depformer(config, layers));
    stepBytes = layers.bytesRead();
  }

  /**
   * Loads a checkpoint in MLX's or PyTorch's layout.
   *
   * @param dtype what to compute in; empty for float32 on a CPU and the file's own type elsewhere
   * @throws io.moshimlx.UserException if the file does not hold exactly what the configuration
   *     demands
   * @throws io.moshimlx.mlx.MlxException if the file cannot be read
   */
  public static Lm load(
      LmConfig config, Path file, Quantization quantization, Optional<DType> dtype) {
    return load(config, file, quantization, ComputePlan.of(dtype));
  }

  /**
   * What the default device computes in.
   *
   * @param wanted empty for what suits it
   * @return empty for the type that a file's values are stored in
   */
  public static Optional<DType> computed(Optional<DType> wanted) {
    return wanted.or(() ->
        Device.getDefault() == Device.Type.CPU ? Optional.of(DType.FLOAT32) : Optional.empty());
  }

  /** Loads a checkpoint to compute it by a plan; a failure leaves nothing behind. */
  static Lm load(LmConfig config, Path file, Quantization quantization, ComputePlan plan) {
    Owned owned = new Owned();
    try {
      Lm lm = unevaluated(config, file, quantization, plan, owned);
      Transforms.eval(owned.arrays());
      return lm;
    } catch (RuntimeException e) {
      owned.close();
      throw e;
    }
  }

  /** The file's own handles are closed before the evaluation: only what the model keeps stays. */
  private static Lm unevaluated(
      LmConfig config, Path file, Quantization quantization, ComputePlan plan, Owned owned) {
    try (MlxScope _ = MlxScope.open();
        Weights weights = new Weights(file, quantization, plan.dtype(), config.depformer())) {
      Lm lm = new Lm(config, weights, plan, owned);
      weights.requireFit();
      return lm;
    }
  }

  /** Why a CPU computes without compiled kernels; empty where it has them, or a GPU computes. */
  public static Optional<CompiledKernels.Missing> missingKernels() {
    return Device.getDefault() == Device.Type.CPU ? ComposedKernels.missing() : Optional.empty();
  }

  /**
   * Where a file that is not quantised holds the tensors of a model, by their keys in MLX's layout;
   * reads no more than its header. Throws as {@link #load} does.
   */
  public static Map<String, Layout.Place> places(LmConfig config, Path file) {
    ComputePlan plan = ComputePlan.fast(Optional.empty());
    try (MlxScope _ = MlxScope.open();
        Owned owned = new Owned();
        Weights weights = new Weights(file, Quantization.BF16, plan.dtype(), config.depformer())) {
      // Its classes are the only list of a model's keys; none of its arrays is computed.
      Lm _ = new Lm(config, weights, plan, owned);
      weights.requireFit();
      return weights.places();
    }
  }

  public LmConfig config() {
    return config;
  }

  /** What it computes in. */
  DType dtype() {
    return dtype;
  }

  /** Bytes of weights that one step reads, in the types that it computes with. */
  public long stepBytes() {
    return stepBytes;
  }

  /**
   * The state of a new conversation, before its first step; the caller closes it.
   *
   * @param guided whether Helium runs under two conditions, a batch of two: the best and the one
   *     that guidance leads away from
   */
  LmState newState(boolean guided) {
    TransformerConfig helium = config.transformer();
    try (MlxScope _ = MlxScope.open()) {
      Optional<MlxArray> condition = condition(guided);
      condition.ifPresent(c -> Transforms.eval(c));
      return new LmState(
          condition.map(MlxArray::retain),
          Stream.generate(() -> new RingKvCache(helium.context()))
              .limit(helium.numLayers())
              .toList());
    }
  }

  /** What is added to Helium's input: [1, 1, dim], guided [2, 1, dim]; empty for none. */
  private Optional<MlxArray> condition(boolean guided) {
    Optional<MlxArray> best = conditionProvider.sum(Conditioning.BEST);
    return guided
        ? best.map(b -> concatenate(0, b, conditionProvider.sum(Conditioning.WORST).orElseThrow()))
        : best;
  }

  /**
   * What Helium reads at some steps, but for a condition.
   *
   * @param inputs for each step the text token, then one token of each codebook
   * @return [1, steps, dim]
   */
  MlxArray embed(int[]... inputs) {
    return reshape(embeddings.apply(inputs), 1, inputs.length, -1);
  }

  /**
   * Runs Helium over the next steps of a conversation, in as many copies as there are conditions.
   *
   * @param embedded as {@link #embed}, [1, steps, dim]
   * @return [batch, steps, dim]
   */
  MlxArray forward(MlxArray embedded, LmState state) {
    MlxArray x =
        state.condition().map(c -> add(embedded, astype(c, embedded.dtype()))).orElse(embedded);
    return outNorm.apply(transformer.apply(x, state.caches()));
  }

  /**
   * The logits of the inner monologue.
   *
   * @param hidden of one step, [batch, 1, dim]
   * @return [batch × text vocabulary]
   */
  MlxArray textLogits(MlxArray hidden) {
    return flatten(textLinear.apply(hidden));
  }

  /**
   * What the extra heads say of a step, such as the voice activity of a model that transcribes.
   *
   * @param hidden of one step, [batch, 1, dim]
   * @return probabilities, [batch, 1, dim of the heads] for each head
   */
  List<MlxArray> extraHeads(MlxArray hidden) {
    return extraHeads.stream().map(head -> softmax(head.apply(hidden), -1)).toList();
  }

  /** What writes Moshi's voice; empty for a model that only writes text. */
  Optional<Depformer> depformer() {
    return depformer;
  }

  @Override
  public void close() {
    owned.close();
  }
}
