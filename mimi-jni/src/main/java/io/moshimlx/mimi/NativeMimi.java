package io.moshimlx.mimi;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The library's native methods. They throw {@link MimiException}; the lengths and values of arrays
 * are checked there. A handle must come from {@link #open} and must not be used after {@link
 * #close}: that is for the caller to see to.
 */
final class NativeMimi {
  private static final String LIBRARY = System.mapLibraryName("moshimlx_mimi");

  private static boolean loaded;

  private NativeMimi() {}

  /** Loads the library from a folder of {@code java.library.path}, once. */
  static synchronized void load() {
    if (loaded) {
      return;
    }
    String folders = System.getProperty("java.library.path", "");
    for (String folder : folders.split(File.pathSeparator, -1)) {
      Path library = Path.of(folder, LIBRARY).toAbsolutePath();
      if (Files.isRegularFile(library)) {
        try {
          System.load(library.toString());
        } catch (UnsatisfiedLinkError e) {
          throw new MimiException(
              "The codec's library cannot be loaded (" + e.getMessage() + "): build it again.", e);
        }
        loaded = true;
        return;
      }
    }
    throw new MimiException(
        "The codec's library %s is in none of these folders: %s. Build it with mimi-jni/build, and name its folder with -Djava.library.path."
            .formatted(LIBRARY, folders));
  }

  static native String version();

  /** Returns a handle; {@code config} is null for the released Mimi. */
  static native long open(String weights, String config, int codebooks);

  static native int cardinality(long handle);

  static native int[] encode(long handle, float[] pcm);

  static native void decode(long handle, int[] codes, float[] frame);

  static native long sanitizedSamples(long handle);

  static native void reset(long handle);

  static native void close(long handle);
}
