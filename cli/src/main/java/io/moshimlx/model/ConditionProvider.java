package io.moshimlx.model;

import static io.moshimlx.mlx.Shapes.reshape;

import io.moshimlx.mlx.Elementwise;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.nn.UnaryLayer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The vectors of what a model is told besides its tokens ({@code condition_provider}). */
final class ConditionProvider {
  private final Conditioning config;
  private final Map<String, Provider> conditioners = new LinkedHashMap<>();

  /** One conditioner; without a table it has nothing to look words up in. */
  private record Provider(
      Optional<UnaryLayer> embed, UnaryLayer outputProj, MlxArray learntPadding) {}

  ConditionProvider(LmConfig lm, Weights weights) {
    config = lm.conditioning();
    int dim = lm.transformer().dim();
    config
        .conditioners()
        .forEach((name, conditioner) -> {
          String prefix = "condition_provider.conditioners." + name + ".";
          conditioners.put(
              name,
              new Provider(
                  conditioner instanceof Conditioning.Lut lut
                      ? Optional.of(
                          weights.embedding(
                              lut.dim(), new Weights.Rows(prefix + "embed", lut.bins() + 1)))
                      : Optional.empty(),
                  weights.linear(prefix + "output_proj", conditioner.dim(), dim),
                  weights.tensor(prefix + "learnt_padding", 1, 1, dim)));
        });
  }

  /**
   * The sum of all conditions that are added to Helium's input.
   *
   * @param description the word for {@link Conditioning#DESCRIPTION}; one that is not among its
   *     values counts as nothing known
   * @return [1, 1, dim], or empty where nothing is added
   */
  Optional<MlxArray> sum(String description) {
    return config.sum().stream()
        .map(name ->
            vector(
                config.conditioners().get(name),
                conditioners.get(name),
                name.equals(Conditioning.DESCRIPTION) ? description : ""))
        .reduce(Elementwise::add);
  }

  private static MlxArray vector(
      Conditioning.Conditioner conditioner, Provider provider, String value) {
    int row =
        conditioner instanceof Conditioning.Lut lut ? lut.possibleValues().indexOf(value) : -1;
    return row < 0
        ? provider.learntPadding()
        : reshape(
            provider
                .outputProj()
                .apply(provider.embed().orElseThrow().apply(MlxArray.of(new int[] {row}, 1))),
            1,
            1,
            -1);
  }
}
