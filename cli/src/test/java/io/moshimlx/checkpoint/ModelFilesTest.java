package io.moshimlx.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ModelFilesTest {
  private static final Path RESOURCES = Path.of("src/test/resources");

  private static ModelFiles demo(Precision precision) {
    return ModelFiles.find(RESOURCES.resolve("random-model"), Optional.of(precision));
  }

  @Test
  void theTypeOfWeightsThatAreNotQuantisedIsThatOfTheFile() {
    assertEquals("q4", demo(Precision.Q4).storedAs());
    assertEquals("q8", demo(Precision.Q8).storedAs());
    ModelFiles plain = demo(Precision.NONE);
    assertEquals("bf16", plain.storedAs());
    Path float32 = RESOURCES.resolve("goldens/f32-7b-like/model.safetensors");
    assertEquals("float32", plain.withWeights(float32).storedAs());
  }
}
