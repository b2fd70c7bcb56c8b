package io.moshimlx.mlx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.mlx.c.MlxC;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a user is told when MLX for C is not there, or not the one that is needed. Each in a JVM of
 * its own.
 */
class LibraryTest {
  private static final String NAME = System.mapLibraryName("mlxc");
  private static final String REMEDY =
      "; install moshi-mlx again, or, in a checkout, build it with native/build";
  private static final String FLAG = "--enable-native-access=ALL-UNNAMED";

  @TempDir Path folder;

  /** Prints what {@link Mlx#load} says. */
  static final class Probe {
    private Probe() {}

    public static void main(String[] args) {
      try {
        Mlx.load();
        System.out.println("loaded");
      } catch (MlxException first) {
        try {
          Mlx.load();
        } catch (MlxException second) {
          System.out.println(
              first.getMessage().equals(second.getMessage()) ? first.getMessage() : "differs");
        }
      }
    }
  }

  /**
   * Prints what MLX says of its default device; then, on the CPU, which each of two threads has.
   */
  static final class DeviceProbe {
    private DeviceProbe() {}

    public static void main(String[] args) throws InterruptedException {
      try {
        System.out.println(Device.describe());
      } catch (MlxException e) {
        System.out.println(e.getMessage());
      }
      try {
        Device.setDefault(Device.Type.GPU);
      } catch (MlxException e) {
        System.out.println(e.getMessage());
      }
      Device.setDefault(Device.Type.CPU);
      printDevice();
      Thread other = Thread.ofPlatform().start(DeviceProbe::printDevice);
      other.join();
    }

    private static void printDevice() {
      try (MlxScope _ = MlxScope.open()) {
        float sum = Elementwise.add(MlxArray.of(1f), 2f).itemFloat();
        System.out.println(Device.getDefault() + " " + sum);
      }
    }
  }

  @Test
  void loadsTheRealOne() throws Exception {
    assertEquals("loaded", load(Mlx.libraryPath().getParent(), FLAG));
  }

  @Test
  void saysWhereItLookedWhenThereIsNone() throws Exception {
    String said = load(folder, FLAG);
    assertTrue(said.startsWith("no " + NAME + " (MLX for C) in " + folder), said);
    assertTrue(said.endsWith(REMEDY), said);
  }

  @Test
  void saysWhyItCannotBeLoaded() throws Exception {
    lackADependency(folder);
    String said = load(folder, FLAG);
    assertTrue(said.startsWith("cannot load " + folder.resolve(NAME) + ": "), said);
    assertTrue(said.contains("gone"), said);
    assertTrue(said.endsWith(REMEDY), said);
  }

  /** Java names a library by its path without links, as macOS's temporary folder has one. */
  @Test
  void namesThePathOnceWhereALinkLeadsToIt() throws Exception {
    Path real = Files.createDirectory(folder.resolve("real"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), real);
    lackADependency(real);
    String said = load(link, FLAG);
    assertTrue(said.startsWith("cannot load " + link.resolve(NAME) + ": "), said);
    assertFalse(said.contains(real.resolve(NAME).toString()), said);
  }

  @Test
  void flattensWhatALoaderSaysInSeveralLines() {
    Path path = folder.resolve(NAME);
    assertEquals(
        "dlopen(x): tried: 'a' (no such file), 'b' (not a mach-o file)",
        Library.reason(
            path + ": dlopen(x): tried:\n\t'a' (no such file),\n\t'b' (not a mach-o file)\n",
            path));
  }

  @Test
  void refusesAnotherMlxThanThePinnedOne() throws Exception {
    StringBuilder source = new StringBuilder("#include <stdint.h>\n");
    for (String function : Library.bound().functions()) {
      source.append(
          function.equals("mlx_string_data")
              ? "const char* mlx_string_data(int64_t s) { return \"0.33.0\"; }\n"
              : "int64_t " + function + "() { return 0; }\n");
    }
    compile(folder.resolve(NAME), source.toString());
    String said = load(folder, FLAG);
    assertEquals(
        folder.resolve(NAME)
            + " is of MLX 0.33.0, but MLX "
            + Mlx.version()
            + " is needed"
            + REMEDY,
        said);
  }

  @Test
  void namesTheMissingFlag() throws Exception {
    String said = load(Mlx.libraryPath().getParent(), "--illegal-native-access=deny");
    assertTrue(said.contains(FLAG), said);
  }

  @Test
  void namesTheFunctionsThatAnotherVersionLacks() throws Exception {
    compile(
        folder.resolve(NAME),
        """
        #include <stdint.h>
        const char* mlx_string_data(int64_t s) { return "0.99.1"; }
        int mlx_string_free(int64_t s) { return 0; }
        int mlx_version(int64_t* s) { return 0; }
        """);
    String said = load(folder, FLAG);
    assertTrue(said.startsWith(folder.resolve(NAME) + ", of MLX 0.99.1, lacks "), said);
    assertTrue(
        said.endsWith(" more of the mlx-c that comes with mlx-sys " + Mlx.mlxSysVersion() + REMEDY),
        said);
  }

  @Test
  void copesWithALibraryThatCannotTellItsVersion() throws Exception {
    compile(folder.resolve(NAME), "int mlx_add(void) { return 0; }");
    String said = load(folder, FLAG);
    assertTrue(said.startsWith(folder.resolve(NAME) + ", of an unknown MLX, lacks "), said);
  }

  @Test
  void saysWhyMetalHasNoGpu() throws Exception {
    // As MLX for Metal does: its default is a GPU, of which there is none.
    compile(
        folder.resolve(NAME),
        """
        #include <stdbool.h>
        #include <stdint.h>
        static int type = %d;
        static void (*handler)(const char*, void*);
        int64_t mlx_device_new_type(int type, int index);
        int mlx_device_get_type(int* type, int64_t device);
        int64_t mlx_default_cpu_stream_new(void);
        void mlx_set_error_handler(void (*h)(const char*, void*), void* data, void (*free)(void*)) {
          handler = h;
        }
        int mlx_get_default_device(int64_t* device) {
          *device = mlx_device_new_type(type, 0);
          return 0;
        }
        int mlx_set_default_device(int64_t device) { return mlx_device_get_type(&type, device); }
        int mlx_device_is_available(bool* available, int64_t device) {
          int asked;
          mlx_device_get_type(&asked, device);
          *available = asked == %d;
          return 0;
        }
        int mlx_get_default_stream(int64_t* stream, int64_t device) {
          int asked;
          mlx_device_get_type(&asked, device);
          if (asked == %d) {
            *stream = mlx_default_cpu_stream_new();
            return 0;
          }
          handler("vector", 0);
          return 1;
        }
        """
            .formatted(MlxC.MLX_GPU(), MlxC.MLX_CPU(), MlxC.MLX_CPU()),
        Mlx.libraryPath());
    Path metallib = folder.resolve("mlx.metallib");
    String incomplete =
        metallib
            + " is missing, without which Metal computes nothing; install moshi-mlx again, or use"
            + " --device cpu";
    String none =
        "Metal finds no GPU on this Mac, or macOS is older than its library (%s) needs; use --device cpu"
            .formatted(metallib);
    assertEquals(
        List.of(incomplete, incomplete, "CPU 3.0", "CPU 3.0"),
        output(DeviceProbe.class, folder, FLAG).lines().toList());
    Files.createFile(metallib);
    assertEquals(
        List.of(none, none, "CPU 3.0", "CPU 3.0"),
        output(DeviceProbe.class, folder, FLAG).lines().toList());
  }

  private void lackADependency(Path libraries) throws Exception {
    Path dependency = libraries.resolve(System.mapLibraryName("gone"));
    compile(dependency, "int gone(void) { return 0; }");
    compile(libraries.resolve(NAME), "int gone(void); int f(void) { return gone(); }", dependency);
    Files.delete(dependency);
  }

  private void compile(Path library, String source, Path... dependencies) throws Exception {
    Path c = Files.writeString(folder.resolve("stub.c"), source);
    List<String> command =
        new ArrayList<>(List.of("cc", "-shared", "-fPIC", "-o", library.toString(), c.toString()));
    for (Path dependency : dependencies) {
      command.add(dependency.toString());
      command.add("-Wl,-rpath," + dependency.getParent());
    }
    Process cc = new ProcessBuilder(command).inheritIO().start();
    assertEquals(0, cc.waitFor());
  }

  private String load(Path libraries, String flag) throws IOException, InterruptedException {
    String output = output(Probe.class, libraries, flag);
    assertEquals(1, output.lines().count(), output);
    return output;
  }

  private String output(Class<?> probe, Path libraries, String flag)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add(flag);
    command.add("-Djava.library.path=" + libraries);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(probe.getName());
    Process java = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output =
        new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertTrue(java.waitFor(1, TimeUnit.MINUTES));
    return output;
  }
}
