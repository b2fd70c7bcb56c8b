package io.moshimlx.command;

import io.moshimlx.ByteCount;
import io.moshimlx.CancelledException;
import io.moshimlx.Progress;
import io.moshimlx.UserException;
import io.moshimlx.checkpoint.ModelNames;
import io.moshimlx.checkpoint.Precision;
import io.moshimlx.hub.Hub;
import io.moshimlx.hub.HubSettings;
import io.moshimlx.hub.RemoteFile;
import io.moshimlx.hub.Revision;
import io.moshimlx.hub.UnknownRepositoryException;
import io.moshimlx.store.Catalogue;
import io.moshimlx.store.KnownModel;
import io.moshimlx.terminal.Terminal;
import io.moshimlx.terminal.TransferLine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** The models that are here, and those that can be fetched. */
final class ModelStore {
  private final Hub hub;
  private final QuantizedCopies copies;
  private final Path cache;
  private final Terminal terminal;

  ModelStore(Terminal terminal, Map<String, String> environment) {
    this.terminal = terminal;
    HubSettings settings = HubSettings.of(environment);
    hub = new Hub(settings);
    copies = new QuantizedCopies(terminal, settings);
    cache = settings.cache();
  }

  /** The models that were quantised here. */
  QuantizedCopies copies() {
    return copies;
  }

  /**
   * What has to be fetched before a model is here.
   *
   * @param files all files of the model, those that are here included
   * @param snapshot where they will be
   * @param bytes that are missing
   * @param unknown whether files are missing whose sizes the hub does not tell
   * @param copy what is then made of them, where they are not in the precision wanted
   * @param copyBytes about how much that takes
   */
  record Fetch(
      HubModel model,
      List<RemoteFile> files,
      Path snapshot,
      long bytes,
      boolean unknown,
      Optional<QuantizedCopies.Copy> copy,
      long copyBytes) {

    /** The folder of the model, once that is done. */
    Path folder() {
      return copy.map(QuantizedCopies.Copy::folder).orElse(snapshot);
    }
  }

  /** The folder of a model, if all of its files are here, or a copy of them in its precision. */
  Optional<Path> folder(HubModel model) {
    return snapshot(model.revision(), model.precision())
        .or(() -> copies.find(model, hub.folder(model.revision())));
  }

  /** What can be made of the files that are here to have a model in its precision. */
  Optional<QuantizedCopies.Copy> copy(HubModel model) {
    return model
        .precision()
        .filter(precision -> precision.bits() > 0)
        .flatMap(precision ->
            snapshot(model.revision(), Optional.of(Precision.NONE))
                .map(snapshot -> copies.of(model, snapshot, precision)));
  }

  /** The folder of what was fetched, if all files of the model in that precision are here. */
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
   * @throws UserException if not all of its files are here
   */
  Path require(HubModel model) {
    return folder(model)
        .orElseThrow(() ->
            new UserException(
                "%s is not here, or not all of it".formatted(model.name()),
                "fetch it with '%s'".formatted(model.pullCommand())));
  }

  /** Whether a model, or a part of it, is here. */
  boolean hasAny(HubModel model) {
    if (model.isMade()) {
      return folder(model).isPresent();
    }
    return model.revision().isMain()
        ? hub.hasAny(model.repository()) || copies.hasAny(model.repository())
        : hub.folder(model.revision()).isPresent();
  }

  /** The error for a model that is not here and may not be fetched, or none. */
  Optional<UserException> offline(HubModel model, boolean wanted) {
    return Optional.of("--offline")
        .filter(_ -> wanted)
        .or(hub::offline)
        .map(what ->
            new UserException(
                "%s is not here, or not all of it, and %s keeps off the network"
                    .formatted(model.name(), what),
                "fetch it with '%s'".formatted(model.pullCommand())));
  }

  /** Asks the hub what a model consists of; fetches nothing but its config.json. */
  Fetch plan(HubModel model) {
    try (TransferLine line = new TransferLine(terminal)) {
      line.note("looking for " + model.name());
      return plan(model, monitor(line, () -> false));
    }
  }

  private Fetch plan(HubModel model, Progress monitor) {
    List<RemoteFile> files = new ArrayList<>();
    config(model, monitor).ifPresent(files::add);
    Optional<Path> config = files.stream().findFirst().map(file -> hub.fetchAhead(file, monitor));
    ModelNames names = names(config, model.precision());
    Optional<RemoteFile> wanted = first(model, names.weights(), files, monitor);
    RemoteFile weights =
        wanted
            .or(() -> unquantised(model, config, files, monitor))
            .orElseThrow(() -> noWeights(model, names.weights()));
    files.add(weights);
    files.add(required(model, names.mimi(), files, monitor));
    names.mimiConfig().ifPresent(name -> files.add(required(model, name, files, monitor)));
    files.add(required(model, names.tokenizer(), files, monitor));
    names.voices().flatMap(name -> look(model, name, files, monitor)).ifPresent(files::add);
    Path snapshot = hub.folder(weights);
    Optional<Precision> made = model.precision().filter(_ -> wanted.isEmpty());
    return new Fetch(
        model,
        files,
        snapshot,
        hub.bytesMissing(files),
        hub.missesUnknown(files),
        made.map(precision -> copies.of(model, snapshot, precision)),
        made.map(precision -> precision.bytesFrom(Math.max(weights.size(), 0))).orElse(0L));
  }

  private Optional<RemoteFile> config(HubModel model, Progress monitor) {
    try {
      return hub.look(model.revision(), ModelNames.CONFIG, monitor);
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

  /** The weights that those wanted can be made of. */
  private Optional<RemoteFile> unquantised(
      HubModel model, Optional<Path> config, List<RemoteFile> known, Progress monitor) {
    return model.precision().filter(precision -> precision.bits() > 0).isEmpty()
        ? Optional.empty()
        : first(model, names(config, Optional.of(Precision.NONE)).weights(), known, monitor);
  }

  /** The first of these files that the repository has. */
  private Optional<RemoteFile> first(
      HubModel model, List<String> names, List<RemoteFile> known, Progress monitor) {
    return names.stream()
        .map(name -> look(model, name, known, monitor))
        .flatMap(Optional::stream)
        .findFirst();
  }

  private static UserException noWeights(HubModel model, List<String> names) {
    return new UserException(
        "%s holds no %sweights (%s)"
            .formatted(
                model.repository(),
                model.precision().map(q -> q.label() + " ").orElse(""),
                String.join(", ", names)),
        "choose another model or --quant, see 'moshi-mlx models'");
  }

  private RemoteFile required(
      HubModel model, String name, List<RemoteFile> known, Progress monitor) {
    return look(model, name, known, monitor)
        .orElseThrow(() ->
            new UserException(
                "%s has no file %s, so it is no model to talk with"
                    .formatted(model.repository(), name),
                "see 'moshi-mlx models'"));
  }

  /** Looks up in the revision of the files that are known, for they belong together. */
  private Optional<RemoteFile> look(
      HubModel model, String name, List<RemoteFile> known, Progress monitor) {
    return known.isEmpty()
        ? hub.look(model.revision(), name, monitor)
        : hub.lookBeside(known.getFirst(), name, monitor);
  }

  /**
   * Makes sure that the user wants it: asks where somebody is there to answer.
   *
   * @throws UserException if not
   */
  void confirm(Fetch fetch, boolean yes) {
    HubModel model = fetch.model();
    String size = size(fetch);
    String copy = ByteCount.of(fetch.copyBytes());
    if (yes || (fetch.bytes() == 0 && !fetch.unknown())) {
      return;
    }
    if (!terminal.canAsk()) {
      throw new UserException(
          "%s is not here: it takes %s from %s%s"
              .formatted(
                  model.name(),
                  size,
                  model.repository(),
                  fetch.copy().isPresent()
                      ? ", and about %s more once quantised".formatted(copy)
                      : ""),
          "fetch it with '%s', or give --yes".formatted(model.pullCommand()));
    }
    if (!terminal.agrees(
        "%s is not here. Fetch %s from %s%s%s?"
            .formatted(
                model.name(),
                size,
                model.repository(),
                restriction(model).map(licence -> " (" + licence + ")").orElse(""),
                fetch.copy().isPresent()
                    ? " and quantise it, which takes about %s more".formatted(copy)
                    : ""))) {
      throw new UserException(
          "%s was not fetched".formatted(model.name()),
          "'%s' does it later".formatted(model.pullCommand()));
    }
  }

  /** What users have to know of a licence before they download the model. */
  private static Optional<String> restriction(HubModel model) {
    return model
        .known()
        .filter(KnownModel::nonCommercial)
        .map(known -> known.license() + ", no commercial use");
  }

  private static String size(Fetch fetch) {
    if (!fetch.unknown()) {
      return ByteCount.of(fetch.bytes());
    }
    return (fetch.bytes() == 0 ? "" : ByteCount.of(fetch.bytes()) + " and ")
        + "files of unknown size";
  }

  /**
   * Fetches what is missing, and quantises it where that is wanted.
   *
   * @return whether it came to its end; false if the user stopped it
   */
  boolean fetch(Fetch fetch, BooleanSupplier stopped) {
    fetch
        .copy()
        .ifPresent(copy -> copies.requireRoom(copy, fetch.copyBytes(), cache, fetch.bytes()));
    return transfer(fetch, stopped)
        && fetch.copy().map(copy -> copies.make(copy, stopped)).orElse(true);
  }

  private boolean transfer(Fetch fetch, BooleanSupplier stopped) {
    if (fetch.bytes() > 0 || fetch.unknown()) {
      restriction(fetch.model())
          .ifPresent(licence ->
              terminal
                  .err()
                  .printf(
                      "moshi-mlx: the licence of %s is %s%n", fetch.model().repository(), licence));
    }
    TransferLine line = new TransferLine(terminal);
    try (line) {
      hub.fetch(fetch.model().revision(), fetch.files(), monitor(line, stopped));
      return true;
    } catch (CancelledException e) {
      line.close();
      terminal
          .err()
          .printf(
              "moshi-mlx: stopped; what is here of %s is kept, '%s' goes on from there%n",
              fetch.model().name(), fetch.model().pullCommand());
      return false;
    }
  }

  /**
   * Removes a model with all copies that were made of it; or such a copy, where that is meant.
   *
   * @return the commits of its repository that stay
   */
  List<String> remove(HubModel model) {
    boolean copy =
        snapshot(model.revision(), model.precision()).isEmpty() && folder(model).isPresent();
    if (model.isMade() || copy) {
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

  private Progress monitor(TransferLine line, BooleanSupplier stopped) {
    return new Progress() {
      @Override
      public void at(String file, long done, long total) {
        line.progress(file, done, total);
      }

      @Override
      public void note(String what) {
        line.note(what);
      }

      @Override
      public void warn(String what) {
        line.close();
        terminal.err().println("moshi-mlx: " + what);
      }

      @Override
      public boolean cancelled() {
        return stopped.getAsBoolean();
      }
    };
  }
}
