package io.moshimlx.engine;

import io.moshimlx.ByteCount;
import io.moshimlx.UserException;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.mlx.DType;
import io.moshimlx.model.Lm;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The models of this process, the thread that computes them, and the memory that they and their
 * conversations may take.
 */
public final class ModelPool implements AutoCloseable {
  private final MlxThread mlx = MlxThread.start();
  private final long budget;
  private final Map<Key, LoadedModel> models = new HashMap<>();
  private final Map<LoadedModel, Integer> users = new HashMap<>();
  private long reserved;

  /** The identity of a loaded model. */
  private record Key(Path weights, Optional<DType> dtype) {}

  private ModelPool(long budget) {
    this.budget = budget;
  }

  /** A pool that refuses nothing: the machine swaps before it gives up. */
  public static ModelPool unlimited() {
    return new ModelPool(Long.MAX_VALUE);
  }

  /**
   * A pool that refuses what does not fit.
   *
   * @param budget bytes for models and conversations together
   */
  public static ModelPool of(long budget) {
    return new ModelPool(budget);
  }

  /** The thread that owns MLX in this process. */
  public MlxThread mlx() {
    return mlx;
  }

  /**
   * Opens a model, or opens it once more if it is loaded already.
   *
   * @param dtype what to compute in; empty for what suits the device
   * @throws UserException if its files do not fit each other, or it does not fit into the budget
   * @throws io.moshimlx.mlx.MlxException if the language model cannot be read
   * @throws io.moshimlx.mimi.MimiException if the codec cannot be read
   */
  public synchronized LoadedModel open(ModelFiles files, Optional<DType> dtype) {
    Key key = new Key(files.weights().toAbsolutePath().normalize(), dtype);
    LoadedModel known = models.get(key);
    if (known != null) {
      users.merge(known, 1, Integer::sum);
      return known;
    }
    MemoryEstimate estimate = MemoryEstimate.of(files);
    long bytes = estimate.modelBytes(Lm.computed(dtype));
    Reservation reservation =
        reserve(files.weights().toString(), bytes, "choose a smaller model or --quant");
    try {
      LoadedModel model = LoadedModel.load(this, files, dtype, estimate, reservation);
      models.put(key, model);
      users.put(model, 1);
      return model;
    } catch (RuntimeException e) {
      reservation.close();
      throw e;
    }
  }

  /** One user of a model less. */
  synchronized void leave(LoadedModel model) {
    if (users.merge(model, -1, Integer::sum) == 0) {
      users.remove(model);
      models.values().remove(model);
      model.free();
    }
  }

  /**
   * Sets memory aside.
   *
   * @throws UserException with the arithmetic, if it is more than what is left
   */
  synchronized Reservation reserve(String what, long bytes, String remedy) {
    if (bytes > budget - reserved) {
      throw new UserException(
          "%s takes %s, but of %s for models and conversations %s are taken and %s left"
              .formatted(
                  what,
                  ByteCount.of(bytes),
                  ByteCount.of(budget),
                  ByteCount.of(reserved),
                  ByteCount.of(budget - reserved)),
          remedy);
    }
    reserved += bytes;
    return () -> release(bytes);
  }

  private synchronized void release(long bytes) {
    reserved -= bytes;
  }

  /** Ends the thread; models and conversations are closed before. */
  @Override
  public void close() {
    mlx.close();
  }
}
