package io.moshimlx.store;

import io.moshimlx.checkpoint.Precision;
import java.util.Optional;
import java.util.function.Function;

/**
 * The model that a user asks for, by its own name or by that of a voice, after precedence is
 * resolved: what is typed wins over the environment, and that over the file of defaults.
 *
 * @param model the model's name, or the path of its folder; empty if only a voice or a precision
 *     names it
 * @param voice the voice; empty for the model as it comes
 * @param precision of the weights; empty for that of the name or of config.json
 */
public record ModelRequest(
    Optional<String> model, Optional<Voice> voice, Optional<Precision> precision) {

  /** The model that a precision alone means. */
  private static final String USUAL = "moshiko";

  /** Where a wish comes from, the strongest first. */
  public enum Origin {
    TYPED,
    ENVIRONMENT,
    DEFAULTS
  }

  /** A value that the user gives, and where. */
  public record Wish<T>(T value, Origin origin) {
    private boolean isTyped() {
      return origin == Origin.TYPED;
    }
  }

  /**
   * Resolves what is wished for.
   *
   * @param find finds a voice by its name; not called for a voice that a typed model displaces
   * @throws io.moshimlx.UserException if {@code find} throws it
   */
  public static ModelRequest of(
      Optional<Wish<String>> model,
      Optional<Wish<String>> voice,
      Optional<Wish<Precision>> precision,
      Function<Wish<String>, Voice> find) {
    boolean modelTyped = model.filter(Wish::isTyped).isPresent();
    Optional<Wish<String>> heeded = voice.filter(wish -> wish.isTyped() || !modelTyped);
    Optional<Voice> found = heeded.map(find);
    Optional<Wish<String>> kept =
        model.filter(wish ->
            found.isEmpty()
                || found.orElseThrow().goesWith(wish.value())
                || heeded.orElseThrow().origin().compareTo(wish.origin()) >= 0);
    ModelRequest all = new ModelRequest(kept.map(Wish::value), found, precision.map(Wish::value));
    boolean named = kept.isPresent() || found.isPresent();
    boolean comesInIt =
        !named
            || precision.map(Wish::isTyped).orElse(true)
            || HubModel.mayComeIn(all.name().orElseThrow(), precision.orElseThrow().value());
    return comesInIt ? all : new ModelRequest(all.model(), found, Optional.empty());
  }

  /** Whether voice and model are equally asked for and do not go together. */
  public boolean isContradictory() {
    return voice.isPresent()
        && model.filter(name -> !voice.orElseThrow().goesWith(name)).isPresent();
  }

  /** The model as the user named it, or that of the voice; empty where none was named. */
  public Optional<String> name() {
    return model.or(() -> voice.map(Voice::model)).or(() -> precision.map(_ -> USUAL));
  }
}
