package io.moshimlx.jni;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NativeLibraryTest {
  private static final String LIBRARY = System.mapLibraryName("moshimlx_mimi");

  @TempDir Path folder;

  @Test
  void aMissingLibraryIsNamed() throws Exception {
    assertEquals(
        "the native library %s is in none of these folders: %s; build it with mimi-jni/build, and name its folder with -Djava.library.path"
            .formatted(LIBRARY, folder),
        load());
  }

  @Test
  void aLibraryThatIsNoneIsNamed() throws Exception {
    Path library = Files.writeString(folder.resolve(LIBRARY), "no library");
    String fault = load();
    assertTrue(fault.contains("the native library cannot be loaded (" + library), fault);
    assertTrue(fault.endsWith("; build it again with mimi-jni/build"), fault);
  }

  /** What another process says of the library in the folder. */
  private String load() throws Exception {
    String java = ProcessHandle.current().info().command().orElseThrow();
    Process process =
        new ProcessBuilder(
                java,
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.library.path=" + folder,
                "-cp",
                System.getProperty("java.class.path"),
                Load.class.getName())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, process.waitFor(), said);
    return said.strip();
  }

  /** Loads the library in a process of its own. */
  static final class Load {
    private Load() {}

    public static void main(String[] arguments) {
      try {
        NativeLibrary.load();
        System.out.println("loaded");
      } catch (NativeException e) {
        System.out.println(e.getMessage());
      }
    }
  }
}
