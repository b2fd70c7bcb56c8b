package io.moshimlx.store;

import io.moshimlx.UserException;
import io.moshimlx.checkpoint.Precision;
import io.moshimlx.hub.RepoId;
import io.moshimlx.hub.Revision;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A model of the hub, as a user names it: from the catalogue, or by its repository.
 *
 * @param name the catalogue's name, or {@code org/name}; with {@code @revision} if one is meant
 * @param revision of the repository that it is in
 * @param precision its precision, or empty for the one that the repository names
 */
public record HubModel(String name, Revision revision, Optional<Precision> precision) {

  /** The licence, if users have to know of it before they download the model. */
  public Optional<String> restriction() {
    return Catalogue.of(repository())
        .filter(KnownModel::nonCommercial)
        .map(known -> known.license() + ", no commercial use");
  }

  /** The repository that it is in. */
  public RepoId repository() {
    return revision.repository();
  }

  /**
   * The model that a name stands for.
   *
   * @param wanted the precision wanted
   * @return the model, or empty if nothing in the hub can have that name
   * @throws UserException if it does not come in that precision
   */
  public static Optional<HubModel> of(String name, Optional<Precision> wanted) {
    int at = name.indexOf('@');
    if (at < 0) {
      return ofNewest(name, wanted);
    }
    String revision = name.substring(at + 1);
    Optional<HubModel> newest = ofNewest(name.substring(0, at), wanted);
    if (newest.isPresent() && !Revision.isName(revision)) {
      throw new UserException(
          "'%s' is no revision of %s".formatted(revision, newest.orElseThrow().repository()),
          "give a branch, a tag or a commit");
    }
    return newest.map(model -> model.at(revision));
  }

  private HubModel at(String revisionName) {
    return revision.name().equals(revisionName)
        ? this
        : new HubModel(
            name + "@" + revisionName, new Revision(repository(), revisionName), precision);
  }

  private static Optional<HubModel> ofNewest(String name, Optional<Precision> wanted) {
    Catalogue.findNotRun(name)
        .ifPresent(model -> {
          throw new UserException(
              "%s is known, but not run: %s".formatted(model.name(), model.reason()),
              "'moshi-mlx models' lists those that are");
        });
    Optional<KnownModel> known = Catalogue.find(name);
    if (known.isPresent()) {
      KnownModel first = known.orElseThrow();
      return Optional.of(
          wanted.isEmpty()
              ? of(first)
              : inPrecision(name, first.family(), wanted.orElseThrow())
                  .orElseThrow(() -> comesNotIn(name, first.family(), wanted.orElseThrow())));
    }
    Optional<HubModel> copy =
        localCopy(name).filter(model -> wanted.isEmpty() || wanted.equals(model.precision()));
    if (copy.isPresent()) {
      return copy;
    }
    return RepoId.parse(name)
        .map(repository ->
            new HubModel(
                name,
                Revision.main(repository),
                wanted.or(() -> Catalogue.of(repository).map(KnownModel::precision))));
  }

  private static HubModel of(KnownModel known) {
    return new HubModel(
        known.name(), Revision.main(known.repository()), Optional.of(known.precision()));
  }

  private static Optional<HubModel> inPrecision(String name, String family, Precision wanted) {
    Optional<KnownModel> known = Catalogue.find(family, wanted);
    // A model that comes only in bf16 may have that in its name.
    String fullName = known.map(KnownModel::name).orElse(family + "-" + Precision.NONE.label());
    return known
        .map(HubModel::of)
        .or(() -> localCopy(family, wanted))
        .filter(_ -> name.equals(family) || name.equals(fullName));
  }

  private static UserException comesNotIn(String name, String family, Precision wanted) {
    return new UserException(
        "%s does not come in %s".formatted(name, wanted.label()),
        "leave --quant out, or name one of %s"
            .formatted(
                names(
                    Catalogue.all().stream()
                        .filter(model -> model.family().equals(family))
                        .toList())));
  }

  /** The model of a name such as {@code hibiki-1b-q4}, for which the catalogue has only bf16. */
  private static Optional<HubModel> localCopy(String name) {
    return Precision.USUAL.stream()
        .filter(precision -> name.endsWith("-" + precision.label()))
        .flatMap(precision ->
            localCopy(name.substring(0, name.length() - precision.label().length() - 1), precision)
                .stream())
        .findFirst();
  }

  /** A local copy of a family's model. */
  private static Optional<HubModel> localCopy(String family, Precision precision) {
    return Catalogue.find(family, Precision.NONE)
        .filter(_ -> precision.isQuantized())
        .map(known ->
            new HubModel(
                known.family() + "-" + precision.label(),
                Revision.main(known.repository()),
                Optional.of(precision)));
  }

  /** Whether the catalogue has it in another precision only, from which a copy is made. */
  public boolean isLocalCopy() {
    return precision.isPresent()
        && Catalogue.of(repository())
            .map(KnownModel::precision)
            .filter(known -> !known.equals(precision.orElseThrow()))
            .isPresent();
  }

  /**
   * Whether a model may come in a precision; false only if the catalogue has it in others alone.
   */
  static boolean mayComeIn(String typed, Precision wanted) {
    String name = typed.replaceFirst("@.*", "");
    return Catalogue.find(name)
        .map(first -> inPrecision(name, first.family(), wanted).isPresent())
        .or(() -> localCopy(name).map(model -> model.precision().equals(Optional.of(wanted))))
        .orElse(true);
  }

  /** The error for a name that no model has. */
  public static UserException unknown(String name) {
    List<KnownModel> nearest = Catalogue.nearest(name);
    return new UserException(
        "there is no model '%s'".formatted(name),
        nearest.isEmpty()
            ? "'moshi-mlx models' lists those known"
            : "did you mean " + names(nearest) + "?");
  }

  private static String names(List<KnownModel> models) {
    return models.stream().map(KnownModel::name).collect(Collectors.joining(", "));
  }

  /** The command that downloads it. */
  public String pullCommand() {
    boolean inName =
        of(name, Optional.empty()).map(HubModel::precision).equals(Optional.of(precision));
    return "moshi-mlx models pull "
        + name
        + precision.filter(_ -> !inName).map(q -> " --quant " + q.label()).orElse("");
  }
}
