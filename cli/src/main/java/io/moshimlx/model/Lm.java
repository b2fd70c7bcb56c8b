package io.moshimlx.model;

import static io.moshimlx.mlx.Reductions.sum;
import static io.moshimlx.mlx.Shapes.flatten;
import static io.moshimlx.mlx.Shapes.reshape;

import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.Device;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.MlxScope;
import io.moshimlx.mlx.Transforms;
import io.moshimlx.mlx.nn.UnaryLayer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Moshi's language model: the embeddings of all token streams, Helium over time, the text head and
 * the depformer.
 *
 * <p>Belongs to the thread that loaded it.
 */
public final class Lm implements AutoCloseable {
  private final LmConfig config;
  private final int[] tableStarts;
  private final UnaryLayer embeddings;
  private final Transformer transformer;
  private final MlxArray outNorm;
  private final UnaryLayer textLinear;
  private final Depformer depformer;
  private final Optional<Rotary> rotary;
  private final Kernels kernels;
  private final List<MlxArray> parameters;

  private Lm(LmConfig config, Weights weights, boolean written) {
    this.config = config;
    kernels = new Kernels(written);
    tableStarts =
        IntStream.rangeClosed(0, config.codebooks())
            .map(i -> i == 0 ? 0 : config.textCard() + 1 + (i - 1) * (config.card() + 1))
            .toArray();
    embeddings = weights.embedding(config.transformer().dim(), embeddingTables(config));
    transformer = new Transformer(config.transformer(), "transformer.", weights, kernels);
    outNorm = weights.tensor("out_norm.weight", config.transformer().dim());
    textLinear = weights.linear("text_linear", config.transformer().dim(), config.textCard());
    depformer = new Depformer(config, weights, kernels);
    rotary =
        config.transformer().rotary()
            ? Optional.of(new Rotary(config.transformer()))
            : Optional.empty();
    parameters = weights.finish();
    Transforms.eval(parameters);
  }

  /**
   * Loads a checkpoint in the MLX layout.
   *
   * @param dtype what to compute in; empty for float32 on a CPU and the file's own type elsewhere
   * @throws io.moshimlx.UserException if the file does not hold exactly what the configuration says
   * @throws io.moshimlx.mlx.MlxException if the file cannot be read
   */
  public static Lm load(
      LmConfig config, Path file, Quantization quantization, Optional<DType> dtype) {
    boolean cpu = Device.getDefault() == Device.Type.CPU;
    Optional<DType> computed = dtype.or(() -> cpu ? Optional.of(DType.FLOAT32) : Optional.empty());
    boolean written = cpu && computed.filter(DType.FLOAT32::equals).isPresent();
    return load(config, file, quantization, computed, written);
  }

  /** As above, with kernels that are {@link Kernels written out} or MLX's. */
  static Lm load(
      LmConfig config,
      Path file,
      Quantization quantization,
      Optional<DType> dtype,
      boolean written) {
    try (MlxScope _ = MlxScope.open()) {
      return new Lm(config, new Weights(file, quantization, dtype), written);
    }
  }

  public LmConfig config() {
    return config;
  }

  /** Empty caches for a new session. */
  List<RingKvCache> newCaches() {
    return IntStream.range(0, config.transformer().numLayers())
        .mapToObj(i -> new RingKvCache(config.transformer().context()))
        .toList();
  }

  /**
   * Runs Helium over a block of steps.
   *
   * @param inputs for each step the text token, then one token of each codebook
   * @param position of the first step
   * @return [1, steps, dim]
   */
  MlxArray forward(int[][] inputs, int position, List<RingKvCache> caches) {
    int streams = tableStarts.length;
    int[] rows = new int[inputs.length * streams];
    for (int step = 0; step < inputs.length; step++) {
      for (int stream = 0; stream < streams; stream++) {
        rows[step * streams + stream] = tableStarts[stream] + inputs[step][stream];
      }
    }
    MlxArray ids = MlxArray.ofUint32(rows, inputs.length, streams);
    MlxArray x = reshape(sum(embeddings.apply(ids), 1, false), 1, inputs.length, -1);
    MlxArray y = transformer.apply(x, rotary.map(r -> r.angles(position, inputs.length)), caches);
    return kernels.rmsNorm(y, outNorm);
  }

  /**
   * The logits of the inner monologue.
   *
   * @param hidden of one step, [1, 1, dim]
   * @return [text vocabulary]
   */
  MlxArray textLogits(MlxArray hidden) {
    return flatten(textLinear.apply(hidden));
  }

  Depformer depformer() {
    return depformer;
  }

  @Override
  public void close() {
    parameters.forEach(MlxArray::close);
    rotary.ifPresent(Rotary::close);
    depformer.close();
    kernels.close();
  }

  /** One table for all streams, so that a step is one gathered read. */
  private static Weights.Rows[] embeddingTables(LmConfig config) {
    return IntStream.rangeClosed(0, config.codebooks())
        .mapToObj(i ->
            i == 0
                ? new Weights.Rows("text_emb", config.textCard() + 1)
                : new Weights.Rows("audio_embs." + (i - 1), config.card() + 1))
        .toArray(Weights.Rows[]::new);
  }
}
