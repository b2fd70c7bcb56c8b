package io.moshimlx.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.UserException;
import io.moshimlx.checkpoint.LmConfig;
import io.moshimlx.checkpoint.Quantization;
import io.moshimlx.mlx.Memory;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model that fails to load leaves nothing behind. */
final class LoadTest {
  private static final Path OPEN_FILES = Path.of("/proc/self/fd");

  private final Golden golden = Golden.of("f32-7b-like");
  private final Path weights = golden.directory().resolve("model.safetensors");

  @Test
  void aFileThatDoesNotFitLeavesNothing() {
    LmConfig other = Golden.of("depq4").config();
    assertLeavesNothing(
        UserException.class, () -> Lm.load(other, weights, Quantization.BF16, Optional.empty()));
  }

  /** The model is half made when its kernels fail. */
  @ParameterizedTest
  @ValueSource(ints = {0, 5})
  void aFailureHalfWayLeavesNothing(int norms) {
    assertLeavesNothing(
        IllegalStateException.class,
        () ->
            Lm.load(
                golden.config(),
                weights,
                Quantization.BF16,
                new ComputePlan(
                    Optional.empty(),
                    owned -> failing(new ComposedKernels(owned), norms),
                    OptionalLong.empty(),
                    true)));
  }

  /** Kernels that have some norms and no more. */
  private static Kernels failing(Kernels kernels, int norms) {
    int[] made = {0};
    return (Kernels)
        Proxy.newProxyInstance(
            Kernels.class.getClassLoader(),
            new Class<?>[] {Kernels.class},
            (_, method, arguments) -> {
              if (method.getName().equals("rmsNorm") && made[0]++ == norms) {
                throw new IllegalStateException("no more norms");
              }
              try {
                return method.invoke(kernels, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static void assertLeavesNothing(Class<? extends Exception> expected, Executable load) {
    assertThrows(expected, load);
    long memory = Memory.active();
    long files = openFiles();
    for (int i = 0; i < 3; i++) {
      assertThrows(expected, load);
    }
    // MLX's own threads may free what an earlier test used a moment later.
    assertTrue(Memory.active() <= memory, Memory.active() + " bytes, before " + memory);
    assertEquals(files, openFiles());
  }

  /** MLX reads a tensor from its file when it is evaluated, and keeps the file open until then. */
  private static long openFiles() {
    if (!Files.exists(OPEN_FILES)) {
      return 0;
    }
    try (Stream<Path> files = Files.list(OPEN_FILES)) {
      return files.filter(LoadTest::isModel).count();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean isModel(Path file) {
    try {
      return Files.readSymbolicLink(file).toString().endsWith(".safetensors");
    } catch (IOException e) {
      return false; // closed since it was listed
    }
  }
}
