package io.moshimlx.command;

import io.moshimlx.ByteCount;
import io.moshimlx.UserException;
import io.moshimlx.checkpoint.Precision;
import io.moshimlx.doctor.MemoryCheck;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.MlxException;
import io.moshimlx.model.Lm;
import io.moshimlx.store.Catalogue;
import io.moshimlx.store.HubModel;
import io.moshimlx.store.KnownModel;
import io.moshimlx.store.ModelPlan;
import io.moshimlx.store.ModelStore;
import io.moshimlx.store.NotRun;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code moshi-mlx models}: lists, downloads, finds and removes models. */
@Command(
    name = "models",
    header = "List, download and remove models.",
    description = {
      "Prints the known models: their download size, the memory that they need, whether they are "
          + "downloaded, and their licence. Models come from the Hugging Face hub and are kept in "
          + "the "
          + "cache that Python's huggingface_hub uses. HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, "
          + "HF_HUB_OFFLINE, HF_TOKEN, HF_TOKEN_PATH, HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE have "
          + "the same meaning as there; docs/models.md has all of them.",
      "The model 'demo' is built in and not listed."
    },
    subcommands = {
      ModelsCommand.Pull.class,
      ModelsCommand.Locate.class,
      ModelsCommand.Remove.class
    },
    customSynopsis = {"moshi-mlx models [--json]", "moshi-mlx models pull|path|rm NAME [OPTIONS]"},
    footer = {"  moshi-mlx models pull moshiko-q4", "  moshi-mlx models rm moshiko-q4 --yes"})
final class ModelsCommand implements Runnable {
  @ParentCommand private MoshiMlx parent;

  @Option(names = "--json", fallbackValue = "true", description = "Print JSON; see docs/json.md.")
  private boolean json;

  private ModelStore store() {
    return new ModelStore(parent.environment());
  }

  @Override
  public void run() {
    ModelStore store = store();
    parent.terminal().print(json ? asJson(store) : asText(store));
  }

  private static HubModel model(KnownModel known) {
    return HubModel.of(known.name(), Optional.empty()).orElseThrow();
  }

  /** The known models, each followed by its local quantised copies. */
  private static List<KnownModel> all(ModelStore store) {
    return Catalogue.all().stream()
        .flatMap(known -> Stream.concat(Stream.of(known), copies(store, known)))
        .toList();
  }

  private static Stream<KnownModel> copies(ModelStore store, KnownModel known) {
    return !known.precision().isQuantized()
        ? Precision.USUAL.stream()
            .filter(Precision::isQuantized)
            .map(known::quantized)
            .filter(copy -> model(copy).isLocalCopy() && store.folder(model(copy)).isPresent())
        : Stream.empty();
  }

  /**
   * The number type that this device computes in. A list needs no MLX: if MLX does not load, the
   * figures are those of a GPU.
   */
  private static Optional<DType> computed() {
    try {
      return Lm.computed(Optional.empty());
    } catch (MlxException e) {
      return Optional.empty();
    }
  }

  /** What {@code --json} prints. */
  private record Output(List<Entry> models, List<OtherEntry> notRun) {}

  /** A model of it; path is null if it is not downloaded. */
  private record Entry(
      String name,
      String family,
      String task,
      String precision,
      String repository,
      boolean gated,
      String license,
      long downloadBytes,
      long memoryBytes,
      boolean here,
      String path,
      boolean quantizedHere) {

    static Entry of(KnownModel known, ModelStore store, Optional<DType> computed) {
      HubModel model = model(known);
      Optional<Path> folder = store.folder(model);
      return new Entry(
          known.name(),
          known.family(),
          known.task(),
          known.precision().label(),
          known.repository().toString(),
          known.gated(),
          known.license(),
          model.isLocalCopy() ? 0 : known.downloadBytes(),
          MemoryCheck.estimate(known).bytes(computed),
          folder.isPresent(),
          folder.map(Path::toString).orElse(null),
          model.isLocalCopy());
    }
  }

  /** A model that is known, but not run. */
  private record OtherEntry(String name, String repository, String reason) {

    static OtherEntry of(NotRun known) {
      return new OtherEntry(known.name(), known.repository().toString(), known.reason());
    }
  }

  private static String asJson(ModelStore store) {
    Optional<DType> computed = computed();
    return Json.text(
        new Output(
            all(store).stream().map(known -> Entry.of(known, store, computed)).toList(),
            Catalogue.notRun().stream().map(OtherEntry::of).toList()));
  }

  private static String asText(ModelStore store) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("NAME", "DOWNLOAD", "MEMORY", "DOWNLOADED", "TASK", "LICENCE"));
    Optional<DType> computed = computed();
    for (KnownModel known : all(store)) {
      HubModel model = model(known);
      rows.add(
          List.of(
              known.name(),
              model.isLocalCopy() ? "local copy" : ByteCount.of(known.downloadBytes()),
              ByteCount.of(MemoryCheck.estimate(known).bytes(computed)),
              store.folder(model).isPresent() ? "yes" : store.hasAny(model) ? "in part" : "no",
              known.task(),
              known.license() + (known.gated() ? ", gated" : "")));
    }
    StringBuilder text = new StringBuilder(Table.of(rows, 1, 2));
    text.append("\nKnown, but not run:\n");
    Catalogue.notRun()
        .forEach(model ->
            text.append(
                "  %s (%s): %s\n".formatted(model.name(), model.repository(), model.reason())));
    return text.toString();
  }

  @Command(
      name = "pull",
      customSynopsis = "moshi-mlx models pull NAME|ORG/NAME [OPTIONS]",
      header = "Download a model in its newest revision.",
      description =
          "Continues an interrupted download. Files that are downloaded already are kept.",
      footer = "  moshi-mlx models pull moshiko-q4")
  static final class Pull implements Callable<Integer> {
    @ParentCommand private ModelsCommand models;
    @Mixin private NamedModel named;

    @Option(
        names = "--offline",
        fallbackValue = "true",
        description = {
          "Never use the network.",
          "The command fails if the model is not downloaded."
        })
    private boolean offline;

    @Override
    public Integer call() {
      HubModel model = named.get(models.parent.environment());
      ModelStore store = models.store();
      ModelPreparation preparation = new ModelPreparation(models.parent.terminal(), store);
      Optional<UserException> refusal = store.refusal(model, offline);
      ModelPlan plan =
          refusal.isPresent()
              ? store.planOffline(model).orElseThrow(refusal::orElseThrow)
              : preparation.newest(model);
      try (Interrupts interrupts = Interrupts.watch()) {
        if (!preparation.carryOut(plan, interrupts::raised)) {
          return ExitStatus.INTERRUPTED;
        }
      }
      if (refusal.isEmpty() && models.parent.terminal().errIsTerminal()) {
        models
            .parent
            .terminal()
            .err()
            .printf("%s is downloaded, in %s%n", model.name(), plan.folder());
      }
      return ExitStatus.DONE;
    }
  }

  @Command(
      name = "path",
      customSynopsis = "moshi-mlx models path NAME|ORG/NAME [OPTIONS]",
      header = "Print the folder of a downloaded model.",
      description = "Prints the folder with the model's files, in the newest downloaded revision.",
      footer = "  ls -lL \"$(moshi-mlx models path moshiko-q4)\"")
  static final class Locate implements Runnable {
    @ParentCommand private ModelsCommand models;
    @Mixin private NamedModel named;

    @Override
    public void run() {
      models
          .parent
          .terminal()
          .print(models.store().require(named.get(models.parent.environment())) + "\n");
    }
  }

  @Command(
      name = "rm",
      customSynopsis = "moshi-mlx models rm NAME|ORG/NAME [OPTIONS]",
      header = "Delete a model from the cache.",
      description = {
        "Deletes the newest downloaded revision: the files that no other revision uses, and all "
            + "local copies that were quantised from it. The name of a local copy, such as "
            + "hibiki-1b-q4, deletes that copy only. Other programs that share the cache have to "
            + "download the model again."
      },
      footer = "  moshi-mlx models rm moshiko-q4 --yes")
  static final class Remove implements Runnable {
    @ParentCommand private ModelsCommand models;
    @Mixin private NamedModel named;

    @Option(names = "--yes", fallbackValue = "true", description = "Do not ask for confirmation.")
    private boolean yes;

    @Override
    public void run() {
      HubModel model = named.get(models.parent.environment());
      ModelStore store = models.store();
      if (!store.hasAny(model)) {
        throw new UserException(model.name() + " is not downloaded", "there is nothing to remove");
      }
      if (!yes && !agreed(model)) {
        throw new UserException("%s is kept".formatted(model.name()), "use --yes to remove it");
      }
      List<String> kept = store.remove(model);
      if (!kept.isEmpty()) {
        models
            .parent
            .terminal()
            .err()
            .printf(
                "moshi-mlx: other revisions of %s are kept, because other programs use them: %s%n",
                model.repository(), String.join(", ", kept));
      }
    }

    private boolean agreed(HubModel model) {
      return models.parent.terminal().canAsk()
          && models.parent.terminal().agrees("Remove %s?".formatted(model.name()));
    }
  }
}
