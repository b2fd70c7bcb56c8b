package io.moshimlx.model;

import static io.moshimlx.mlx.Elementwise.add;
import static io.moshimlx.mlx.Indexing.slice;
import static io.moshimlx.mlx.Shapes.flatten;
import static io.moshimlx.mlx.Shapes.reshape;

import io.moshimlx.checkpoint.DepformerConfig;
import io.moshimlx.checkpoint.LmConfig;
import io.moshimlx.checkpoint.TransformerConfig;
import io.moshimlx.checkpoint.Weights;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.nn.UnaryLayer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The small transformer that turns one step of Helium into the codebooks of Moshi's voice, one
 * after another ({@code depformer}). Every codebook has weights of its own, a slice.
 */
final class Depformer {
  private final TransformerConfig config;
  private final UnaryLayer linearIn;
  private final List<Slice> slices;

  private record Slice(UnaryLayer emb, Transformer transformer, UnaryLayer linearOut) {
    Slice(LmConfig config, int index, Layers layers) {
      DepformerConfig depformer = config.depformer();
      int dim = depformer.transformer().dim();
      boolean readsText = index == 0;
      String prefix = "depformer.slices." + index + ".";
      this(
          Embeddings.of(
              prefix + "emb",
              (readsText ? config.textCard() : config.card()) + 1,
              dim,
              depformer.lowRank(),
              readsText && config.demuxSecondStream(),
              layers),
          new Transformer(depformer.transformer(), prefix + "transformer.", layers, false),
          layers.linear(prefix + "linear_out", dim, config.card()));
    }
  }

  Depformer(LmConfig lm, Layers layers) {
    config = lm.depformer().transformer();
    // The projections of all slices read the same vector: one product serves them all.
    linearIn =
        layers.linear(
            lm.transformer().dim(),
            IntStream.range(0, lm.voiceCodebooks())
                .mapToObj(
                    i -> new Weights.Rows("depformer.slices." + i + ".linear_in", config.dim()))
                .toArray(Weights.Rows[]::new));
    slices =
        IntStream.range(0, lm.voiceCodebooks()).mapToObj(i -> new Slice(lm, i, layers)).toList();
  }

  /**
   * Samples the codebooks of one step.
   *
   * @param hidden Helium's output, [batch, 1, dim of Helium]
   * @param textToken uint32 [1]
   * @param given for each slice the token that is known already, or {@link LmGenerator#FREE}
   * @return the text token, then one for each slice, uint32 [1] each
   */
  List<MlxArray> sample(MlxArray hidden, MlxArray textToken, Sampler sampler, int[] given) {
    MlxArray projected = linearIn.apply(hidden);
    List<StepKvCache> caches = Stream.generate(StepKvCache::new).limit(config.numLayers()).toList();
    List<MlxArray> tokens = new ArrayList<>(1 + slices.size());
    tokens.add(textToken);
    MlxArray last = textToken;
    for (int i = 0; i < slices.size(); i++) {
      Slice slice = slices.get(i);
      MlxArray own = slice(projected, 2, i * config.dim(), (i + 1) * config.dim());
      MlxArray x = add(own, reshape(slice.emb().apply(last), 1, 1, config.dim()));
      MlxArray y = slice.transformer().apply(x, caches);
      last =
          given[i] == LmGenerator.FREE
              ? sampler.sample(flatten(slice.linearOut().apply(y)))
              : MlxArray.ofUint32(new int[] {given[i]}, 1);
      tokens.add(last);
    }
    return tokens;
  }
}
