package io.moshimlx.store;

import io.moshimlx.Progress;
import io.moshimlx.UserException;
import io.moshimlx.checkpoint.ModelNames;
import io.moshimlx.checkpoint.Precision;
import io.moshimlx.hub.Hub;
import io.moshimlx.hub.RemoteFile;
import io.moshimlx.hub.UnknownRepositoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Asks the hub which files a model consists of. All of them are of one commit. */
final class ModelLookup {
  private final Hub hub;
  private final HubModel model;
  private final Progress progress;
  private final List<RemoteFile> files = new ArrayList<>();

  /**
   * The result.
   *
   * @param files of the model, in the order to download them in
   * @param weights one of them
   * @param inPrecision whether the weights are in the precision asked for; if not, they can be
   *     quantised to it
   */
  record Found(List<RemoteFile> files, RemoteFile weights, boolean inPrecision) {}

  private ModelLookup(Hub hub, HubModel model, Progress progress) {
    this.hub = hub;
    this.model = model;
    this.progress = progress;
  }

  /**
   * Looks a model up; downloads nothing but its config.json.
   *
   * @throws UserException if there is no such model
   */
  static Found find(Hub hub, HubModel model, Progress progress) {
    return new ModelLookup(hub, model, progress).find();
  }

  private Found find() {
    config().ifPresent(files::add);
    Optional<Path> config = files.stream().findFirst().map(file -> hub.fetchAhead(file, progress));
    ModelNames names = names(config, model.precision());
    Optional<RemoteFile> wanted = first(names.weights());
    RemoteFile weights =
        wanted.or(() -> unquantized(config)).orElseThrow(() -> noWeights(names.weights()));
    files.add(weights);
    files.add(required(names.mimi()));
    names.mimiConfig().ifPresent(name -> files.add(required(name)));
    files.add(required(names.tokenizer()));
    names.voices().flatMap(this::look).ifPresent(files::add);
    return new Found(List.copyOf(files), weights, wanted.isPresent());
  }

  private Optional<RemoteFile> config() {
    try {
      return look(ModelNames.CONFIG);
    } catch (UnknownRepositoryException e) {
      List<String> nearest =
          Catalogue.nearest(model.repository().toString()).stream()
              .map(known -> known.repository().toString())
              .distinct()
              .toList();
      throw nearest.isEmpty()
          ? new UserException(e.what(), "'moshi-mlx models' lists those known", e)
          : new UserException(
              e.what(), "did you mean %s?".formatted(String.join(" or ", nearest)), e);
    }
  }

  private static ModelNames names(Optional<Path> config, Optional<Precision> precision) {
    return config
        .map(file -> ModelNames.of(file.getParent(), precision))
        .orElseGet(() -> ModelNames.usual(precision));
  }

  /** The weights that can be quantised to the precision asked for. */
  private Optional<RemoteFile> unquantized(Optional<Path> config) {
    return model
        .precision()
        .filter(Precision::isQuantized)
        .flatMap(_ -> first(names(config, Optional.of(Precision.NONE)).weights()));
  }

  /** The first of these files that the repository has. */
  private Optional<RemoteFile> first(List<String> names) {
    return names.stream().map(this::look).flatMap(Optional::stream).findFirst();
  }

  private UserException noWeights(List<String> names) {
    return new UserException(
        "%s holds no %sweights (%s)"
            .formatted(
                model.repository(),
                model.precision().map(q -> q.label() + " ").orElse(""),
                String.join(", ", names)),
        "choose another model or --quant, see 'moshi-mlx models'");
  }

  private RemoteFile required(String name) {
    return look(name)
        .orElseThrow(() ->
            new UserException(
                "%s has no file %s, so it is no model to talk with"
                    .formatted(model.repository(), name),
                "see 'moshi-mlx models'"));
  }

  /** Looks a file up in the commit of those that are known, for they belong together. */
  private Optional<RemoteFile> look(String name) {
    return files.isEmpty()
        ? hub.look(model.revision(), name, progress)
        : hub.lookBeside(files.getFirst(), name, progress);
  }
}
