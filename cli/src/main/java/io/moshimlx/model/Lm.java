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
import io.moshimlx.checkpoint.Precision;
import io.moshimlx.checkpoint.Weights;
import io.moshimlx.mlx.CompiledKernels;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.Device;
import io.moshimlx.mlx.Memory;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.MlxScope;
import io.moshimlx.mlx.Transforms;
import io.moshimlx.mlx.nn.UnaryLayer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Moshi's language model: the embeddings of all token streams, Helium over time, the text head and
 * the depformer.
 *
 * <p>Belongs to the thread that loaded it.
 */
public final class Lm implements AutoCloseable {
  /** Bytes of freed arrays that MLX may keep: this share of the weights, but so many at least. */
  private static final long CACHE_SHARE = 16;

  private static final long LEAST_CACHE = 4 << 20;

  /** Weights of a linear layer that is worth two cores: they take one about two milliseconds. */
  private static final long SPLIT_FROM = 1 << 21;

  private static final long NEVER = Long.MAX_VALUE;

  private final LmConfig config;
  private final Embeddings embeddings;
  private final ConditionProvider conditionProvider;
  private final Transformer transformer;
  private final MlxArray outNorm;
  private final UnaryLayer textLinear;
  private final List<UnaryLayer> extraHeads;
  private final Optional<Depformer> depformer;
  private final Optional<Rotary> rotary;
  private final Kernels kernels;
  private final List<MlxArray> parameters;
  private final long stepBytes;

  private Lm(LmConfig config, Weights weights, boolean written) {
    this.config = config;
    kernels = new Kernels(written);
    conditionProvider = new ConditionProvider(config, weights);
    extraHeads =
        IntStream.range(0, config.extraHeads().count())
            .mapToObj(i ->
                weights.linear(
                    "extra_heads." + i, config.transformer().dim(), config.extraHeads().dim()))
            .toList();
    long besideSteps = weights.stepBytes();
    embeddings = new Embeddings(config, weights, kernels);
    transformer = new Transformer(config.transformer(), "transformer.", weights, kernels, true);
    outNorm = weights.tensor("out_norm.weight", config.transformer().dim());
    textLinear = weights.linear("text_linear", config.transformer().dim(), config.textCard());
    depformer =
        config.depQ() == 0
            ? Optional.empty()
            : Optional.of(new Depformer(config, weights, kernels));
    rotary =
        config.transformer().rotary()
            ? Optional.of(new Rotary(config.transformer()))
            : Optional.empty();
    stepBytes = weights.stepBytes() - besideSteps;
    parameters = weights.finish();
  }

  /**
   * Loads a checkpoint in MLX's or PyTorch's layout.
   *
   * @param dtype what to compute in; empty for float32 on a CPU and the file's own type elsewhere
   * @throws io.moshimlx.UserException if the file does not hold exactly what the configuration says
   * @throws io.moshimlx.mlx.MlxException if the file cannot be read
   */
  public static Lm load(LmConfig config, Path file, Precision precision, Optional<DType> dtype) {
    boolean cpu = Device.getDefault() == Device.Type.CPU;
    Optional<DType> computed = computed(dtype);
    boolean written = cpu && computed.filter(DType.FLOAT32::equals).isPresent();
    boolean split = written && Runtime.getRuntime().availableProcessors() > 1;
    return load(config, file, precision, computed, written, split ? SPLIT_FROM : NEVER);
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

  /** Bytes of freed arrays that MLX may keep beside weights of so many. */
  public static long cacheLimit(long weightBytes) {
    return Math.max(LEAST_CACHE, weightBytes / CACHE_SHARE);
  }

  /**
   * As above, with kernels that are {@link Kernels written out} or MLX's, and linear layers that
   * are split from so many weights on.
   */
  static Lm load(
      LmConfig config,
      Path file,
      Precision precision,
      Optional<DType> dtype,
      boolean written,
      long splitFrom) {
    Lm lm;
    try (MlxScope _ = MlxScope.open()) {
      Weights weights = new Weights(file, precision, dtype, config.depformer(), written, splitFrom);
      lm = new Lm(config, weights, written);
    }
    keepInMemory();
    Transforms.eval(lm.parameters);
    // MLX keeps what is freed for arrays of the same size. Those of attention grow with every step,
    // so none of them would be used again, and all be kept until the context is full.
    Memory.setCacheLimit(cacheLimit(Memory.active()));
    return lm;
  }

  /** Why a CPU computes without compiled kernels; empty where it has them, or a GPU computes. */
  public static Optional<CompiledKernels.Missing> missingKernels() {
    return Device.getDefault() == Device.Type.CPU ? Kernels.missing() : Optional.empty();
  }

  /** What a GPU reads at every step is to stay in memory, whatever else the machine does. */
  private static void keepInMemory() {
    if (Device.getDefault() != Device.Type.GPU) {
      return;
    }
    Device.recommendedBytes().ifPresent(Memory::setWiredLimit);
  }

  /**
   * Where a file that is not quantised holds the tensors of a model, by their keys in MLX's layout;
   * reads no more than its header. Throws as {@link #load} does.
   */
  public static Map<String, Layout.Place> places(LmConfig config, Path file) {
    try (MlxScope _ = MlxScope.open()) {
      Weights weights =
          new Weights(file, Precision.NONE, Optional.empty(), config.depformer(), false, NEVER);
      new Lm(config, weights, false).close();
      return weights.places();
    }
  }

  public LmConfig config() {
    return config;
  }

  /** What it computes in. */
  DType dtype() {
    return outNorm.dtype();
  }

  /** Bytes of weights that one step reads, in the types that it computes with. */
  public long stepBytes() {
    return stepBytes;
  }

  /** Empty caches for a new session. */
  List<RingKvCache> newCaches() {
    return IntStream.range(0, config.transformer().numLayers())
        .mapToObj(i -> new RingKvCache(config.transformer().context()))
        .toList();
  }

  /**
   * What is added to Helium's input at every step of a session.
   *
   * @param guided whether to add what guidance leads away from
   * @return [1, 1, dim], or guided [2, 1, dim]; empty for a model without conditions
   */
  Optional<MlxArray> condition(boolean guided) {
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
   * Runs Helium over a block of steps, in as many copies as there are conditions.
   *
   * @param embedded as {@link #embed}, [1, steps, dim]
   * @param condition as {@link #condition}, [batch, 1, dim]; empty for none and a batch of one
   * @param position of the first step
   * @return [batch, steps, dim]
   */
  MlxArray forward(
      MlxArray embedded, Optional<MlxArray> condition, int position, List<RingKvCache> caches) {
    MlxArray x = condition.map(c -> add(embedded, astype(c, embedded.dtype()))).orElse(embedded);
    int steps = embedded.dim(1);
    MlxArray y = transformer.apply(x, rotary.map(r -> r.angles(position, steps)), caches);
    return kernels.rmsNorm(y, outNorm);
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
    parameters.forEach(MlxArray::close);
    rotary.ifPresent(Rotary::close);
    depformer.ifPresent(Depformer::close);
    kernels.close();
  }
}
