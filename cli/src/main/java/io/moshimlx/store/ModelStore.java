package io.moshimlx.store;

import io.moshimlx.CancelledException;
import io.moshimlx.Progress;
import io.moshimlx.UserException;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.checkpoint.ModelNames;
import io.moshimlx.checkpoint.Precision;
import io.moshimlx.hub.Hub;
import io.moshimlx.hub.HubSettings;
import io.moshimlx.hub.Revision;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The models on this machine: those that were downloaded, and the local copies. */
public final class ModelStore {
  private final Hub hub;
  private final LocalCopies copies;
  private final Path cache;

  /** The store of a user, whose folders these variables name. */
  public ModelStore(Map<String, String> environment) {
    HubSettings settings = HubSettings.of(environment);
    hub = new Hub(settings);
    copies = new LocalCopies(settings);
    cache = settings.cache();
  }

  /**
   * The folder of a model, if all of its files are on this machine, or a local copy in its
   * precision.
   */
  public Optional<Path> folder(HubModel model) {
    return snapshot(model.revision(), model.precision())
        .or(() -> copies.find(model, hub.folder(model.revision())));
  }

  /** The folder of a download, if all files of the model in that precision are in it. */
  private Optional<Path> snapshot(Revision revision, Optional<Precision> precision) {
    Optional<Path> folder = hub.folder(revision);
    if (folder.isEmpty()) {
      return folder;
    }
    // Looked for first: that refuses a link to a file elsewhere before anything reads it.
    boolean _ = hub.has(revision, ModelNames.CONFIG);
    ModelNames names = ModelNames.of(folder.orElseThrow(), precision);
    boolean complete =
        names.weights().stream().anyMatch(name -> hub.has(revision, name))
            && hub.has(revision, names.mimi())
            && names.mimiConfig().map(name -> hub.has(revision, name)).orElse(true)
            && hub.has(revision, names.tokenizer());
    return folder.filter(_ -> complete);
  }

  /**
   * The folder of a model.
   *
   * @throws UserException if not all of its files are on this machine
   */
  public Path require(HubModel model) {
    return folder(model)
        .orElseThrow(() ->
            new UserException(
                "%s is not downloaded, or not all of it".formatted(model.name()),
                "download it with '%s'".formatted(model.pullCommand())));
  }

  /** Whether a model, or a part of it, is on this machine. */
  public boolean hasAny(HubModel model) {
    if (model.isLocalCopy()) {
      return folder(model).isPresent();
    }
    return model.revision().isMain()
        ? hub.hasAny(model.repository()) || copies.hasAny(model.repository())
        : hub.folder(model.revision()).isPresent();
  }

  /**
   * The error for a model that may not be downloaded, or empty if it may.
   *
   * @param offline whether the user forbids the network
   */
  public Optional<UserException> refusal(HubModel model, boolean offline) {
    return Optional.of("--offline")
        .filter(_ -> offline)
        .or(hub::offline)
        .map(what ->
            new UserException(
                "%s is not downloaded, or not all of it, and %s forbids network access"
                    .formatted(model.name(), what),
                "download it with '%s'".formatted(model.pullCommand())));
  }

  /** The plan for a model whose download is on this machine; empty if it has to be downloaded. */
  public Optional<ModelPlan> planOffline(HubModel model) {
    return folder(model)
        .map(folder -> ModelPlan.ready(folder, model.precision()))
        .or(() ->
            model
                .precision()
                .filter(Precision::isQuantized)
                .flatMap(precision ->
                    snapshot(model.revision(), Optional.of(Precision.NONE))
                        .map(snapshot -> copies.of(model, snapshot, precision)))
                .map(ModelPlan::quantize));
  }

  /**
   * The plan for a model in its newest state. Asks the hub; downloads nothing but config.json.
   *
   * @throws UserException if there is no such model, or the hub is not reached
   */
  public ModelPlan plan(HubModel model, Progress progress) {
    progress.note("looking for " + model.name());
    ModelLookup.Found found = ModelLookup.find(hub, model, progress);
    Path snapshot = hub.folder(found.weights());
    Optional<LocalCopy> copy =
        model
            .precision()
            .filter(_ -> !found.inPrecision())
            .map(precision -> copies.of(model, snapshot, precision));
    return new ModelPlan(
        copy.map(LocalCopy::folder).orElse(snapshot),
        model.precision(),
        Optional.of(
            new ModelPlan.Download(
                model,
                found.files(),
                hub.bytesMissing(found.files()),
                hub.missesUnknown(found.files()))),
        copy,
        copy.map(c -> c.precision().bytesFrom(Math.max(found.weights().size(), 0))).orElse(0L));
  }

  /**
   * The plan for a model in a folder of the user's.
   *
   * @throws UserException if the folder holds other weights than it should
   */
  public ModelPlan plan(Path folder, Optional<Precision> wanted) {
    return wanted
        .filter(Precision::isQuantized)
        .filter(precision -> !ModelFiles.holds(folder, precision))
        .filter(_ -> ModelFiles.holds(folder, Precision.NONE))
        .map(precision -> ModelPlan.quantize(copies.of(folder, precision)))
        .orElseGet(() -> ModelPlan.ready(folder, wanted));
  }

  /**
   * Takes the steps of a plan.
   *
   * @throws CancelledException with a sentence that says what is kept, if the user cancels it
   * @throws UserException naming what keeps it from being done
   */
  public void execute(ModelPlan plan, Progress progress) {
    if (plan.download().isPresent()) {
      ModelPlan.Download download = plan.download().orElseThrow();
      plan.copy()
          .ifPresent(copy -> copies.requireRoom(copy, plan.copyBytes(), cache, download.bytes()));
      execute(download, progress);
    }
    plan.copy().ifPresent(copy -> copies.make(copy, progress));
  }

  private void execute(ModelPlan.Download download, Progress progress) {
    HubModel model = download.model();
    if (download.transfers()) {
      model
          .restriction()
          .ifPresent(license ->
              progress.warn("the licence of %s is %s".formatted(model.repository(), license)));
    }
    try {
      hub.fetch(model.revision(), download.files(), progress);
    } catch (CancelledException e) {
      throw new CancelledException(
          "stopped; the downloaded part of %s is kept, and '%s' continues from there"
              .formatted(model.name(), model.pullCommand()),
          e);
    }
  }

  /**
   * Removes a model with all local copies of it; or one local copy, if the model is one.
   *
   * @return the commits of its repository that stay
   */
  public List<String> remove(HubModel model) {
    boolean copy =
        snapshot(model.revision(), model.precision()).isEmpty() && folder(model).isPresent();
    if (model.isLocalCopy() || copy) {
      copies.remove(model.repository(), model.precision().orElseThrow());
      return List.of();
    }
    if (model.revision().isMain()) {
      copies.remove(model.repository());
    } else {
      hub.folder(model.revision()).ifPresent(folder -> copies.remove(model.repository(), folder));
    }
    return hub.hasAny(model.repository()) ? hub.remove(model.revision()) : List.of();
  }
}
