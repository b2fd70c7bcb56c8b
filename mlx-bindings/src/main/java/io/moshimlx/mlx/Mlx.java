package io.moshimlx.mlx;

import java.nio.file.Path;

/** The MLX library itself. */
public final class Mlx {
  private Mlx() {}

  /**
   * Loads libmlxc from a folder of {@code java.library.path}, and checks that it has every function
   * these bindings call and comes with the version of MLX that they were tested with. All else here
   * does so by itself; loading twice does nothing.
   *
   * @throws MlxException if there is none, or one that does not serve
   */
  public static void load() {
    Library.load();
  }

  /** The file that MLX for C was loaded from. */
  public static Path libraryPath() {
    return Library.load();
  }

  /** The version of MLX. */
  public static String version() {
    Library.load();
    return Library.version();
  }

  /**
   * The version of the crate mlx-sys whose mlx-c these bindings were made from; the library's own
   * cannot be asked.
   */
  public static String mlxSysVersion() {
    return Library.bound().version();
  }
}
