package io.moshimlx.checkpoint;

import static io.moshimlx.mlx.Creation.zeros;
import static io.moshimlx.mlx.Shapes.concatenate;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.UserException;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.MlxScope;
import io.moshimlx.mlx.Safetensors;
import io.moshimlx.model.Golden;
import io.moshimlx.model.Lm;
import io.moshimlx.model.LmGenerator;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A file in PyTorch's layout must hold just what it should, and is told of by its own names. */
final class PyTorchLayoutTest {
  @TempDir private Path folder;

  /** Both files of a golden are upstream's of one model. */
  @ParameterizedTest
  @ValueSource(strings = {"pytorch", "guided"})
  void everyTensorIsFoundThatTheOtherLayoutHas(String name) {
    Golden golden = Golden.of(name + "/pytorch.safetensors");
    Path file = golden.weights().orElseThrow();
    Map<String, Layout.Place> places = Lm.places(golden.config(), file);
    try (MlxScope _ = MlxScope.open()) {
      Map<String, MlxArray> tensors = Safetensors.load(file);
      Map<String, MlxArray> others = Safetensors.load(file.resolveSibling("model.safetensors"));
      assertEquals(others.keySet(), places.keySet());
      others.forEach((key, other) -> {
        Layout.Place place = places.get(key);
        MlxArray found = place.view().apply(tensors.get(place.key()));
        assertArrayEquals(other.shape(), found.shape(), key);
        assertEquals(Arrays.stream(found.shape()).boxed().toList(), place.shape(), key);
        assertArrayEquals(other.toFloats(), found.toFloats(), key);
      });
      tensors.values().forEach(MlxArray::close);
      others.values().forEach(MlxArray::close);
    }
  }

  /** What is said of a golden's file after a change. */
  private String faults(String golden, Consumer<Map<String, MlxArray>> change) {
    Path changed = folder.resolve("model.safetensors");
    Golden original = Golden.of(golden + "/pytorch.safetensors");
    try (MlxScope _ = MlxScope.open()) {
      Map<String, MlxArray> tensors = Safetensors.load(original.weights().orElseThrow());
      change.accept(tensors);
      Safetensors.save(changed, tensors, Map.of());
      tensors.values().forEach(MlxArray::close);
    }
    String message =
        assertThrows(
                UserException.class,
                () -> Lm.load(original.config(), changed, Precision.NONE, Optional.empty()))
            .getMessage();
    String start = changed + " does not fit its configuration: ";
    assertEquals(start, message.substring(0, start.length()));
    return message.substring(start.length(), message.indexOf(';'));
  }

  @Test
  void missingTensorsAreNamedOnce() {
    assertEquals(
        "missing depformer_in.1.weight, missing depformer.layers.0.self_attn.in_proj_weight",
        faults(
            "pytorch",
            tensors -> {
              remove(tensors, "depformer_in.1.weight");
              remove(tensors, "depformer.layers.0.self_attn.in_proj_weight");
            }));
  }

  @Test
  void surplusTensorsAreNamed() {
    assertEquals(
        "surplus depformer.layers.0.gating.3.linear_in.weight, surplus emb.8.weight",
        faults(
            "pytorch",
            tensors -> {
              tensors.put("depformer.layers.0.gating.3.linear_in.weight", zeros(DType.FLOAT32, 1));
              tensors.put("emb.8.weight", zeros(DType.FLOAT32, 1));
            }));
  }

  @Test
  void misshapenTensorsAreToldInTheShapeOfTheFile() {
    assertEquals(
        "misshapen transformer.layers.0.norm1.alpha (FLOAT32 [16], not [1, 1, 16]), "
            + "misshapen depformer.layers.0.self_attn.out_proj.weight (FLOAT32 [32, 16], not [48, 16])",
        faults(
            "pytorch",
            tensors -> {
              replace(tensors, "transformer.layers.0.norm1.alpha", 16);
              replace(tensors, "depformer.layers.0.self_attn.out_proj.weight", 32, 16);
            }));
  }

  @Test
  void onlyWhatLacksAllOfTheLastSlicesIsCopied() {
    assertEquals(
        "missing linears.8.weight, missing linears.9.weight, missing linears.10.weight, "
            + "missing linears.11.weight, missing linears.12.weight, missing linears.13.weight, "
            + "missing linears.14.weight",
        faults(
            "pytorch-copied-slices",
            tensors -> tensors.put("linears.15.weight", zeros(DType.FLOAT32, 32, 16))));
  }

  /** PersonaPlex samples its own voice alone: the slices of the user's may be there, or not. */
  @Test
  void slicesThatAreNotNeededAreLeftUnread() {
    Golden golden = Golden.of("personaplex");
    Path weights = golden.directory().resolve("model.safetensors");
    Path full = folder.resolve("full.safetensors");
    try (MlxScope _ = MlxScope.open()) {
      Map<String, MlxArray> tensors = Safetensors.load(weights);
      for (String key : List.copyOf(tensors.keySet())) {
        if (key.startsWith("depformer.") && key.contains(".self_attn.")) {
          MlxArray short8 = tensors.get(key);
          int[] shape = short8.shape();
          MlxArray more = zeros(short8.dtype(), shape);
          tensors.put(key, concatenate(0, short8, more));
        } else if (key.matches("(linears|depformer_in|depformer\\..*gating|depformer_emb)\\..*")) {
          tensors.put(key.replaceFirst("\\.0\\.(?=\\D*$)", ".8."), tensors.get(key));
        }
      }
      assertTrue(tensors.containsKey("linears.8.weight"));
      assertTrue(tensors.containsKey("depformer.layers.0.gating.8.linear_in.weight"));
      Safetensors.save(full, tensors, Map.of());
    }
    try (Lm lm = golden.load();
        Lm other = Lm.load(golden.config(), full, Precision.NONE, Optional.empty());
        LmGenerator one = new LmGenerator(lm, Sampling.GREEDY, Sampling.GREEDY, 1, 0);
        LmGenerator two = new LmGenerator(other, Sampling.GREEDY, Sampling.GREEDY, 1, 0)) {
      for (int step = 0; step < 5; step++) {
        int[] input = golden.tokens("grid", step);
        assertArrayEquals(one.step(input), two.step(input));
      }
    }
    Path wider = folder.resolve("wider.safetensors");
    try (MlxScope _ = MlxScope.open()) {
      Map<String, MlxArray> tensors = Safetensors.load(full);
      tensors.put("linears.16.weight", zeros(DType.FLOAT32, 1));
      Safetensors.save(wider, tensors, Map.of());
    }
    String message =
        assertThrows(
                UserException.class,
                () -> Lm.load(golden.config(), wider, Precision.NONE, Optional.empty()))
            .getMessage();
    assertTrue(message.contains("its configuration: surplus linears.16.weight;"), message);
  }

  private static void remove(Map<String, MlxArray> tensors, String key) {
    tensors.remove(key).close();
  }

  private static void replace(Map<String, MlxArray> tensors, String key, int... shape) {
    remove(tensors, key);
    tensors.put(key, zeros(DType.FLOAT32, shape));
  }
}
