package io.moshimlx.model;

import static io.moshimlx.mlx.Shapes.reshape;

import io.moshimlx.checkpoint.Conditioning;
import io.moshimlx.checkpoint.LmConfig;
import io.moshimlx.checkpoint.Weights;
import io.moshimlx.mlx.Elementwise;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.nn.UnaryLayer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The vectors of the conditions that a model gets besides its tokens ({@code condition_provider}).
 */
final class ConditionProvider {
  private final List<String> sum;
  private final Map<String, Provider> conditioners;

  /** A conditioner; one that takes vectors has no words to look up, and no table. */
  private record Provider(
      List<String> words,
      Optional<UnaryLayer> embed,
      UnaryLayer outputProj,
      MlxArray learntPadding) {

    /** The vector of a word, or of none where it is not one of the conditioner's: [1, 1, dim]. */
    MlxArray vector(String word) {
      int row = words.indexOf(word);
      if (row < 0) {
        return learntPadding;
      }
      MlxArray embedded = embed.orElseThrow().apply(MlxArray.of(new int[] {row}, 1));
      return reshape(outputProj.apply(embedded), 1, 1, -1);
    }
  }

  ConditionProvider(LmConfig lm, Layers layers) {
    Conditioning config = lm.conditioning();
    sum = config.sum();
    conditioners =
        config.conditioners().keySet().stream()
            .collect(
                Collectors.toMap(
                    Function.identity(),
                    name ->
                        provider(
                            "condition_provider.conditioners." + name + ".",
                            config.conditioners().get(name),
                            lm.transformer().dim(),
                            layers)));
  }

  private static Provider provider(
      String prefix, Conditioning.Conditioner config, int dim, Layers layers) {
    UnaryLayer outputProj = layers.linear(prefix + "output_proj", config.dim(), dim);
    MlxArray learntPadding = layers.tensor(prefix + "learnt_padding", 1, 1, dim);
    return switch (config) {
      case Conditioning.Lut lut ->
          new Provider(
              lut.possibleValues(),
              Optional.of(
                  layers.embedding(lut.dim(), new Weights.Rows(prefix + "embed", lut.bins() + 1))),
              outputProj,
              learntPadding);
      case Conditioning.Tensor _ ->
          new Provider(List.of(), Optional.empty(), outputProj, learntPadding);
    };
  }

  /**
   * The sum of all conditions that are added to Helium's input.
   *
   * @param description the word for {@link Conditioning#DESCRIPTION}
   * @return [1, 1, dim], or empty where nothing is added
   */
  Optional<MlxArray> sum(String description) {
    return sum.stream()
        .map(name ->
            conditioners.get(name).vector(name.equals(Conditioning.DESCRIPTION) ? description : ""))
        .reduce(Elementwise::add);
  }
}
