package io.moshimlx.command;

import io.moshimlx.UserException;
import io.moshimlx.hub.Catalogue;
import io.moshimlx.hub.KnownModel;
import io.moshimlx.hub.RepoId;
import io.moshimlx.model.Quantization;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A model of the hub, as a user names it: from the catalogue, or by its repository.
 *
 * @param name the catalogue's name, or {@code org/name}
 * @param repository where it is
 * @param quantization its precision, or empty for the one that the repository names
 */
record HubModel(String name, RepoId repository, Optional<Quantization> quantization) {

  /**
   * The model that a name stands for.
   *
   * @param wanted the precision wanted
   * @return the model, or empty if nothing in the hub can have that name
   * @throws UserException if it does not come in that precision
   */
  static Optional<HubModel> of(String name, Optional<Quantization> wanted) {
    Optional<KnownModel> known = Catalogue.find(name);
    if (known.isPresent()) {
      KnownModel first = known.orElseThrow();
      return Optional.of(
          of(wanted.isEmpty() ? first : inPrecision(name, first.family(), wanted.orElseThrow())));
    }
    return RepoId.parse(name)
        .map(repository ->
            new HubModel(
                name,
                repository,
                wanted.or(() -> Catalogue.of(repository).map(HubModel::precision))));
  }

  private static HubModel of(KnownModel known) {
    return new HubModel(known.name(), known.repository(), Optional.of(precision(known)));
  }

  private static Quantization precision(KnownModel known) {
    return Quantization.USUAL.stream()
        .filter(quantization -> quantization.label().equals(known.precision()))
        .findFirst()
        .orElseThrow();
  }

  private static KnownModel inPrecision(String name, String family, Quantization wanted) {
    return Catalogue.find(family, wanted.label())
        .filter(model -> name.equals(family) || name.equals(model.name()))
        .orElseThrow(() ->
            new UserException(
                "%s does not come in %s; leave --quant out, or name one of %s"
                    .formatted(
                        name,
                        wanted.label(),
                        names(
                            Catalogue.all().stream()
                                .filter(model -> model.family().equals(family))
                                .toList()))));
  }

  /** The error for a name that is none. */
  static UserException unknown(String name) {
    List<KnownModel> nearest = Catalogue.nearest(name);
    return new UserException(
        "there is no model '%s'; %s"
            .formatted(
                name,
                nearest.isEmpty()
                    ? "'moshi-mlx models' lists those known"
                    : "did you mean " + names(nearest) + "?"));
  }

  private static String names(List<KnownModel> models) {
    return models.stream().map(KnownModel::name).collect(Collectors.joining(", "));
  }

  /** The command that fetches it. */
  String pullCommand() {
    boolean told = Catalogue.find(name).isPresent() || Catalogue.of(repository).isPresent();
    return "moshi-mlx models pull "
        + name
        + quantization.filter(_ -> !told).map(q -> " --quant " + q.label()).orElse("");
  }
}
