package io.moshimlx.store;

import io.moshimlx.UserException;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.checkpoint.Precision;
import io.moshimlx.hub.RemoteFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The steps after which a model can be loaded: a download, then a quantisation. Either may be
 * missing; {@link ModelStore#execute} takes them.
 *
 * @param folder holds the model's files at the end
 * @param precision of the weights; empty for those that the folder names
 * @param download the first step
 * @param copy the second step, which makes this local copy unless it is made
 * @param copyBytes about how much room the copy of a downloaded model takes; 0 if unknown
 */
public record ModelPlan(
    Path folder,
    Optional<Precision> precision,
    Optional<Download> download,
    Optional<LocalCopy> copy,
    long copyBytes) {

  /**
   * Files of the hub, all of one model, those that are on this machine included.
   *
   * @param bytes that are missing, as far as the hub gives sizes
   * @param unknownSizes whether files are missing whose sizes the hub does not give
   */
  public record Download(HubModel model, List<RemoteFile> files, long bytes, boolean unknownSizes) {

    /** Whether anything is missing, which the user has to agree to. */
    public boolean transfers() {
      return bytes > 0 || unknownSizes;
    }
  }

  /** The plan for a model whose files are all on this machine. */
  static ModelPlan ready(Path folder, Optional<Precision> precision) {
    return new ModelPlan(folder, precision, Optional.empty(), Optional.empty(), 0);
  }

  /** The plan for a model that has to be quantised, from files that are on this machine. */
  static ModelPlan quantize(LocalCopy copy) {
    return new ModelPlan(
        copy.folder(), Optional.of(copy.precision()), Optional.empty(), Optional.of(copy), 0);
  }

  /**
   * The model's files, once the plan is carried out.
   *
   * @throws UserException naming what is missing or wrong
   */
  public ModelFiles files() {
    return ModelFiles.find(folder, precision);
  }
}
