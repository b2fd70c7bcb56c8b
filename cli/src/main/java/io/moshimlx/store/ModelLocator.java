package io.moshimlx.store;

import io.moshimlx.Progress;
import io.moshimlx.UserException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Finds the model that is asked for: the built-in demo, a folder, or a model of the hub. */
public final class ModelLocator {
  /** The system property that names the folder of the demo model; set by the launcher. */
  private static final String DEMO_FOLDER = "moshimlx.demo";

  private final ModelStore store;

  public ModelLocator(ModelStore store) {
    this.store = store;
  }

  /**
   * The plan for the model asked for, which has a name.
   *
   * @param offline whether the user forbids the network
   * @throws UserException if there is no such model, or it may not be downloaded
   */
  public ModelPlan plan(ModelRequest request, boolean offline, Progress progress) {
    Optional<HubModel> inHub = inHub(request);
    return inHub.isPresent()
        ? plan(inHub.orElseThrow(), offline, progress)
        : store.plan(folder(request.name().orElseThrow()), request.precision());
  }

  /**
   * The plan for a model of the hub. It asks the hub only about a model that is not on this
   * machine.
   *
   * @param offline whether the user forbids the network
   * @throws UserException if there is no such model, or it may not be downloaded
   */
  public ModelPlan plan(HubModel model, boolean offline, Progress progress) {
    return store
        .planOffline(model)
        .orElseGet(() -> {
          store
              .refusal(model, offline)
              .ifPresent(refusal -> {
                throw refusal;
              });
          return store.plan(model, progress);
        });
  }

  /**
   * The plan for the model asked for, or else the demo; one that has no steps left to take.
   *
   * @throws UserException if there is no such model, or it is not on this machine in that precision
   */
  public ModelPlan require(ModelRequest request) {
    if (request.name().isEmpty()) {
      return ModelPlan.ready(demo(), Optional.empty());
    }
    Optional<HubModel> inHub = inHub(request);
    if (inHub.isPresent()) {
      HubModel model = inHub.orElseThrow();
      return ModelPlan.ready(store.require(model), model.precision());
    }
    ModelPlan plan = store.plan(folder(request.name().orElseThrow()), request.precision());
    plan.copy()
        .filter(copy -> !copy.isMade())
        .ifPresent(copy -> {
          throw new UserException(
              "%s holds no %s weights yet".formatted(copy.name(), copy.precision().label()),
              "'moshi-mlx run' quantises them when it first needs them");
        });
    return plan;
  }

  /** Whether a voice can be spoken with without a download. */
  public boolean isPresent(Voice voice) {
    String model = voice.model();
    if (model.equals(Catalogue.DEMO)) {
      return hasDemo();
    }
    return Path.of(model).isAbsolute()
        ? Files.isDirectory(Path.of(model))
        : HubModel.of(model, Optional.empty()).flatMap(store::planOffline).isPresent();
  }

  private static Optional<HubModel> inHub(ModelRequest request) {
    String name = request.name().orElseThrow();
    // A voice names its folder in full: it is no folder below the one that the user is in.
    boolean isFolder =
        request.model().isPresent() ? Files.isDirectory(Path.of(name)) : Path.of(name).isAbsolute();
    return name.equals(Catalogue.DEMO) || isFolder
        ? Optional.empty()
        : HubModel.of(name, request.precision());
  }

  /**
   * The folder of the built-in model, or the one of this name.
   *
   * @throws UserException if that is the name of no folder and must be meant for a model's
   */
  public static Path folder(String model) {
    if (model.equals(Catalogue.DEMO)) {
      return demo();
    }
    Path folder = Path.of(model);
    if (Files.notExists(folder) && model.matches("[\\w.-]*\\w[\\w.-]*")) {
      throw HubModel.unknown(model);
    }
    return folder;
  }

  private static Path demo() {
    String folder = System.getProperty(DEMO_FOLDER);
    if (!hasDemo()) {
      throw new UserException(
          "the demo model is not part of this installation (%s)"
              .formatted(folder == null ? DEMO_FOLDER + " is not set" : folder + " is missing"),
          "start the tool with scripts/moshi-mlx, or install it again");
    }
    return Path.of(folder);
  }

  private static boolean hasDemo() {
    String folder = System.getProperty(DEMO_FOLDER);
    return folder != null && Files.isDirectory(Path.of(folder));
  }
}
