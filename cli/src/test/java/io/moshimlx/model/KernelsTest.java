package io.moshimlx.model;

import static org.junit.jupiter.api.Assertions.assertFalse;

import io.moshimlx.checkpoint.Sampling;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which kernels are compiled on a CPU. */
final class KernelsTest {
  /** Where MLX makes those that a model asks for later on. */
  private static final Path LATE = Path.of(System.getenv("TMPDIR"), "mlx");

  @ParameterizedTest
  @ValueSource(strings = {"guided", "short-context", "q4"})
  void allAreMadeBeforeTheFirstStep(String name) {
    assertFalse(Files.exists(LATE), LATE + " is from an earlier run: remove it");
    Golden golden = Golden.of(name);
    try (Lm lm = golden.load();
        LmGenerator generator =
            new LmGenerator(lm, Sampling.GREEDY, Sampling.GREEDY, golden.cfgCoef(), 0)) {
      int[] tokens = new int[1 + lm.config().codebooks()];
      generator.read(tokens, tokens, tokens);
      generator.step(tokens);
      generator.read(tokens);
      generator.step(tokens);
    }
    assertFalse(Files.exists(LATE), "kernels that ComposedKernels does not use at its start");
  }
}
