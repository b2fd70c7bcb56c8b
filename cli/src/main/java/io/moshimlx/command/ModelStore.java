package io.moshimlx.command;

import io.moshimlx.ByteCount;
import io.moshimlx.UserException;
import io.moshimlx.hub.DownloadMonitor;
import io.moshimlx.hub.DownloadStopped;
import io.moshimlx.hub.Hub;
import io.moshimlx.hub.HubSettings;
import io.moshimlx.hub.RemoteFile;
import io.moshimlx.hub.RepoId;
import io.moshimlx.model.ModelNames;
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
  private final Terminal terminal;

  ModelStore(Terminal terminal, Map<String, String> environment) {
    this.terminal = terminal;
    hub = new Hub(HubSettings.of(environment));
  }

  /**
   * What has to be fetched before a model is here.
   *
   * @param files all files of the model, those that are here included
   * @param folder where they will be
   * @param bytes that are missing
   */
  record Fetch(HubModel model, List<RemoteFile> files, Path folder, long bytes) {}

  /** The folder of a model, if all of its files are here. */
  Optional<Path> folder(HubModel model) {
    RepoId repo = model.repository();
    Optional<Path> folder = hub.folder(repo);
    if (folder.isEmpty()) {
      return folder;
    }
    // Looked for first: that refuses a link to a file elsewhere before anything reads it.
    boolean _ = hub.has(repo, ModelNames.CONFIG);
    ModelNames names = ModelNames.of(folder.orElseThrow(), model.quantization());
    boolean complete =
        names.weights().stream().anyMatch(name -> hub.has(repo, name))
            && hub.has(repo, names.mimi())
            && names.mimiConfig().map(name -> hub.has(repo, name)).orElse(true)
            && hub.has(repo, names.tokenizer());
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
                "%s is not here, or not all of it; fetch it with '%s'"
                    .formatted(model.name(), model.pullCommand())));
  }

  /** Whether a model, or a part of it, is here. */
  boolean hasAny(HubModel model) {
    return hub.hasAny(model.repository());
  }

  /** The error for a model that is not here and may not be fetched, or none. */
  Optional<UserException> offline(HubModel model, boolean wanted) {
    return wanted || hub.offline()
        ? Optional.of(
            new UserException(
                "%s is not here, or not all of it, and %s keeps off the network; fetch it with '%s'"
                    .formatted(
                        model.name(),
                        wanted ? "--offline" : "HF_HUB_OFFLINE",
                        model.pullCommand())))
        : Optional.empty();
  }

  /** Asks the hub what a model consists of; fetches nothing but its config.json. */
  Fetch plan(HubModel model) {
    try (TransferLine line = new TransferLine(terminal)) {
      line.note("looking for " + model.name());
      return plan(model, monitor(line, () -> false));
    }
  }

  private Fetch plan(HubModel model, DownloadMonitor monitor) {
    List<RemoteFile> files = new ArrayList<>();
    hub.look(model.repository(), ModelNames.CONFIG, monitor).ifPresent(files::add);
    ModelNames names =
        files.isEmpty()
            ? ModelNames.usual(model.quantization())
            : ModelNames.of(
                hub.fetchAhead(files.getFirst(), monitor).getParent(), model.quantization());
    files.add(weights(model, names.weights(), files, monitor));
    files.add(required(model, names.mimi(), files, monitor));
    names.mimiConfig().ifPresent(name -> files.add(required(model, name, files, monitor)));
    files.add(required(model, names.tokenizer(), files, monitor));
    return new Fetch(model, files, hub.folder(files.getFirst()), hub.bytesMissing(files));
  }

  private RemoteFile weights(
      HubModel model, List<String> names, List<RemoteFile> known, DownloadMonitor monitor) {
    for (String name : names) {
      Optional<RemoteFile> file = look(model, name, known, monitor);
      if (file.isPresent()) {
        return file.orElseThrow();
      }
    }
    throw new UserException(
        "%s holds no %sweights (%s); choose another model or --quant, see 'moshi-mlx models'"
            .formatted(
                model.repository(),
                model.quantization().map(q -> q.label() + " ").orElse(""),
                String.join(", ", names)));
  }

  private RemoteFile required(
      HubModel model, String name, List<RemoteFile> known, DownloadMonitor monitor) {
    return look(model, name, known, monitor)
        .orElseThrow(() ->
            new UserException(
                "%s has no file %s, so it is no model to talk with; see 'moshi-mlx models'"
                    .formatted(model.repository(), name)));
  }

  /** Looks up in the revision of the files that are known, for they belong together. */
  private Optional<RemoteFile> look(
      HubModel model, String name, List<RemoteFile> known, DownloadMonitor monitor) {
    return known.isEmpty()
        ? hub.look(model.repository(), name, monitor)
        : hub.lookBeside(known.getFirst(), name, monitor);
  }

  /**
   * Makes sure that the user wants it: asks where somebody is there to answer.
   *
   * @throws UserException if not
   */
  void confirm(Fetch fetch, boolean yes) {
    HubModel model = fetch.model();
    String size = ByteCount.of(fetch.bytes());
    if (yes || fetch.bytes() == 0) {
      return;
    }
    if (!terminal.canAsk()) {
      throw new UserException(
          "%s is not here: it takes %s from %s; fetch it with '%s', or give --yes"
              .formatted(model.name(), size, model.repository(), model.pullCommand()));
    }
    if (!terminal.agrees(
        "%s is not here. Fetch %s from %s?".formatted(model.name(), size, model.repository()))) {
      throw new UserException(
          "%s was not fetched; '%s' does it later".formatted(model.name(), model.pullCommand()));
    }
  }

  /**
   * Fetches what is missing.
   *
   * @return whether it came to its end; false if the user stopped it
   */
  boolean fetch(Fetch fetch, BooleanSupplier stopped) {
    TransferLine line = new TransferLine(terminal);
    try (line) {
      hub.fetch(fetch.files(), monitor(line, stopped));
      return true;
    } catch (DownloadStopped e) {
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
   * Removes a model.
   *
   * @return the other revisions of its repository that stay
   */
  List<String> remove(HubModel model) {
    return hub.remove(model.repository());
  }

  private static DownloadMonitor monitor(TransferLine line, BooleanSupplier stopped) {
    return new DownloadMonitor() {
      @Override
      public void progress(String file, long done, long total) {
        line.progress(file, done, total);
      }

      @Override
      public void note(String what) {
        line.note(what);
      }

      @Override
      public boolean stopped() {
        return stopped.getAsBoolean();
      }
    };
  }
}
