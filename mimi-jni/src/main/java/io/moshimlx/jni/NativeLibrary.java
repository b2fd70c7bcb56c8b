package io.moshimlx.jni;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The library that holds all native methods. Its process-wide settings are made while it loads, and
 * nowhere else.
 */
public final class NativeLibrary {
  private static final String FILE = System.mapLibraryName("moshimlx_mimi");

  private static boolean loaded;

  private NativeLibrary() {}

  /**
   * Loads the library from a folder of {@code java.library.path}, once.
   *
   * @throws NativeException if none of them holds it, or it is not one for this machine
   */
  public static synchronized void load() {
    if (loaded) {
      return;
    }
    String folders = System.getProperty("java.library.path", "");
    for (String folder : folders.split(File.pathSeparator, -1)) {
      Path library = Path.of(folder, FILE).toAbsolutePath();
      if (Files.isRegularFile(library)) {
        try {
          System.load(library.toString());
        } catch (UnsatisfiedLinkError e) {
          throw new NativeException(
              "the native library cannot be loaded (%s); build it again with mimi-jni/build"
                  .formatted(e.getMessage()),
              e);
        }
        loaded = true;
        return;
      }
    }
    throw new NativeException(
        "the native library %s is in none of these folders: %s; build it with mimi-jni/build, and name its folder with -Djava.library.path"
            .formatted(FILE, folders));
  }
}
