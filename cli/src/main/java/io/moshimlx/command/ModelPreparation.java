package io.moshimlx.command;

import io.moshimlx.ByteCount;
import io.moshimlx.CancelledException;
import io.moshimlx.Progress;
import io.moshimlx.UserException;
import io.moshimlx.store.HubModel;
import io.moshimlx.store.ModelLocator;
import io.moshimlx.store.ModelPlan;
import io.moshimlx.store.ModelRequest;
import io.moshimlx.store.ModelStore;
import io.moshimlx.terminal.Terminal;
import io.moshimlx.terminal.TransferLine;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;

/** Has the user agree to a model's plan, and carries it out; both on the terminal. */
final class ModelPreparation {
  private final Terminal terminal;
  private final ModelStore store;

  ModelPreparation(Terminal terminal, ModelStore store) {
    this.terminal = terminal;
    this.store = store;
  }

  /**
   * The plan for the model asked for, to which the user has agreed.
   *
   * @throws UserException if there is no such model, or the user does not agree
   */
  ModelPlan agreed(ModelRequest request, FetchOptions fetching) {
    return agreed(
        (locator, progress) -> locator.plan(request, fetching.offline(), progress), fetching);
  }

  /** The plan for a model of the hub, likewise. */
  ModelPlan agreed(HubModel model, FetchOptions fetching) {
    return agreed(
        (locator, progress) -> locator.plan(model, fetching.offline(), progress), fetching);
  }

  private ModelPlan agreed(
      BiFunction<ModelLocator, Progress, ModelPlan> planner, FetchOptions fetching) {
    ModelPlan plan;
    try (TransferLine line = new TransferLine(terminal, () -> false)) {
      plan = planner.apply(new ModelLocator(store), line);
    }
    plan.download()
        .filter(download -> download.transfers() && !fetching.yes())
        .ifPresent(download -> ask(download, plan));
    return plan;
  }

  /** The plan for the newest state of a model, without a question. */
  ModelPlan newest(HubModel model) {
    try (TransferLine line = new TransferLine(terminal, () -> false)) {
      return store.plan(model, line);
    }
  }

  /** Asks where somebody is there to answer. */
  private void ask(ModelPlan.Download download, ModelPlan plan) {
    HubModel model = download.model();
    String size = size(download);
    String copy = ByteCount.of(plan.copyBytes());
    if (!terminal.canAsk()) {
      throw new UserException(
          "%s is not downloaded: it takes %s from %s%s"
              .formatted(
                  model.name(),
                  size,
                  model.repository(),
                  plan.copy().isPresent()
                      ? ", and about %s more once quantised".formatted(copy)
                      : ""),
          "download it with '%s', or use --yes".formatted(model.pullCommand()));
    }
    if (!terminal.agrees(
        "%s is not downloaded. Download %s from %s%s%s?"
            .formatted(
                model.name(),
                size,
                model.repository(),
                model.restriction().map(license -> " (" + license + ")").orElse(""),
                plan.copy().isPresent()
                    ? " and quantise it, which takes about %s more".formatted(copy)
                    : ""))) {
      throw new UserException(
          "%s was not downloaded".formatted(model.name()),
          "'%s' does it later".formatted(model.pullCommand()));
    }
  }

  private static String size(ModelPlan.Download download) {
    if (!download.unknownSizes()) {
      return ByteCount.of(download.bytes());
    }
    return (download.bytes() == 0 ? "" : ByteCount.of(download.bytes()) + " and ")
        + "files of unknown size";
  }

  /**
   * Carries a plan out.
   *
   * @param stopped whether the user wants that to end
   * @return whether it came to its end; false if the user stopped it
   */
  boolean carryOut(ModelPlan plan, BooleanSupplier stopped) {
    try (TransferLine line = new TransferLine(terminal, stopped)) {
      try {
        store.execute(plan, line);
        return true;
      } catch (CancelledException e) {
        line.warn(e.getMessage());
        return false;
      }
    }
  }
}
