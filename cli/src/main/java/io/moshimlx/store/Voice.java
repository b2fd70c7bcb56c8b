package io.moshimlx.store;

import java.util.Optional;

/**
 * A voice that Moshi speaks with: a model that has it, or a prompt for PersonaPlex.
 *
 * @param name the name it is chosen by; that of its file for a prompt that is chosen by that
 * @param kind what it is, in a few words
 * @param ownModel the only model that it is spoken with: a name of the catalogue, a repository, the
 *     demo, or the absolute path of a folder; empty where any PersonaPlex model does
 * @param prompt the name of a stored prompt of PersonaPlex, or the absolute path of one (audio or
 *     {@code .pt})
 * @param persona the role that it speaks in
 * @param own whether it is the user's own
 */
public record Voice(
    String name,
    String kind,
    Optional<String> ownModel,
    Optional<String> prompt,
    Optional<String> persona,
    boolean own) {

  /** A voice that comes with a model. */
  static Voice of(String model, String kind) {
    return new Voice(model, kind, Optional.of(model), Optional.empty(), Optional.empty(), false);
  }

  /** A voice that any PersonaPlex model takes. */
  static Voice prompt(String name, String kind, String prompt) {
    return new Voice(name, kind, Optional.empty(), Optional.of(prompt), Optional.empty(), false);
  }

  /** The model that it is spoken with where no other is named. */
  public String model() {
    return ownModel.orElse(Catalogue.PERSONAPLEX);
  }

  /** Whether the model gets a prompt before the conversation. */
  public boolean isPrompted() {
    return prompt.isPresent() || persona.isPresent();
  }

  /** Whether it can be spoken with a model, as far as that is known of the model. */
  public boolean goesWith(String model) {
    if (model.equals(model())) {
      return true;
    }
    return ownModel.isPresent() ? Catalogue.family(model).equals(ownModel) : takesPrompts(model);
  }

  /** Whether that may be a PersonaPlex model, as any is of which nothing is known. */
  static boolean takesPrompts(String model) {
    return Catalogue.family(model)
        .map(Catalogue::takesPrompts)
        .orElse(!model.equals(Catalogue.DEMO));
  }
}
