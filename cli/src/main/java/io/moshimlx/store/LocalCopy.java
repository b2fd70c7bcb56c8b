package io.moshimlx.store;

import io.moshimlx.checkpoint.Precision;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A model that is quantised on this machine, because it does not come in that precision.
 *
 * @param name of the model, for people
 * @param source folder of the model that it is made from
 * @param folder where it is once it is made
 * @param precision of its weights
 */
public record LocalCopy(String name, Path source, Path folder, Precision precision) {

  /** Whether it is on this machine; a folder has its name only when it is complete. */
  public boolean isMade() {
    return Files.isDirectory(folder);
  }
}
