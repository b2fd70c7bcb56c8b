package io.moshimlx.quantize;

import static io.moshimlx.mlx.Linalg.dequantize;
import static io.moshimlx.mlx.Shapes.concatenate;
import static io.moshimlx.mlx.Shapes.reshape;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.CancelledException;
import io.moshimlx.Progress;
import io.moshimlx.StopsAfter;
import io.moshimlx.UserException;
import io.moshimlx.checkpoint.LmConfig;
import io.moshimlx.checkpoint.Precision;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.Memory;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.MlxScope;
import io.moshimlx.mlx.Safetensors;
import io.moshimlx.model.Lm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written is upstream's, bit for bit, and says what it is. */
class QuantizerTest {
  private static final Path GOLDENS = Path.of("src/test/resources/goldens/quantize");
  private static final Path SOURCE = GOLDENS.resolve("model.safetensors");

  @TempDir Path folder;

  private static void write(Path source, Precision precision, Path file) throws IOException {
    new Quantizer(source, precision).write(file, Progress.NONE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"q4", "q8", "q6", "q4-g64", "q6-g32"})
  void isUpstreamsBitForBit(String name) throws IOException {
    Precision precision = Precision.ofFile("x." + name + ".safetensors");
    Path file = folder.resolve("renamed.safetensors");
    write(SOURCE, precision, file);
    assertSameTensors(GOLDENS.resolve("expected." + name + ".safetensors"), file);
    assertEquals(precision, Precision.of(file));
    LmConfig config = LmConfig.read(GOLDENS.resolve("config.json"));
    Lm.load(config, file, precision, Optional.empty()).close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"q4", "q8", "q6", "q4-g64", "q6-g32"})
  void whatNoNameTellsTheShapesTell(String name) throws IOException {
    Path written = GOLDENS.resolve("expected." + name + ".safetensors");
    Path plain = Files.copy(written, folder.resolve("model.safetensors"));
    assertEquals(Precision.ofFile(written.toString()), Precision.of(plain));
    assertEquals(Precision.NONE, Precision.of(SOURCE));
    String precision = name.replaceFirst("-.*", "");
    Path named = Files.copy(written, folder.resolve("model." + precision + ".safetensors"));
    assertEquals(Precision.of(plain), Precision.of(named));
  }

  @Test
  void foreignQuantisationIsRefusedByWhatItIs() throws IOException {
    Map<String, MlxArray> arrays =
        new HashMap<>(Safetensors.load(GOLDENS.resolve("expected.q4.safetensors")));
    arrays.keySet().removeIf(key -> key.endsWith(".biases"));
    Path file = folder.resolve("model.safetensors");
    Safetensors.save(file, arrays, Map.of());
    arrays.values().forEach(MlxArray::close);
    String message = assertThrows(UserException.class, () -> Precision.of(file)).getMessage();
    assertTrue(message.startsWith(file + " holds quantised weights in a form"), message);
  }

  private static void assertSameTensors(Path expected, Path actual) {
    assertEquals(Safetensors.header(expected), Safetensors.header(actual));
    Map<String, MlxArray> upstreams = Safetensors.load(expected);
    Map<String, MlxArray> ours = Safetensors.load(actual);
    upstreams.forEach((key, array) -> {
      MlxArray own = ours.get(key);
      if (array.dtype() == DType.UINT32) {
        assertArrayEquals(array.toInts(), own.toInts(), key);
      } else {
        // Every bfloat16 is a float32.
        assertArrayEquals(array.toFloats(), own.toFloats(), key);
      }
      array.close();
      own.close();
    });
  }

  @Test
  void bothLayoutsOfAModelGiveTheSameBytes() throws IOException {
    Path mlx = folder.resolve("mlx.safetensors");
    Path pytorch = folder.resolve("pytorch.safetensors");
    Files.copy(GOLDENS.resolve("config.json"), folder.resolve("config.json"));
    try (MlxScope _ = MlxScope.open()) {
      Map<String, MlxArray> tensors = Safetensors.load(SOURCE);
      String norm = "depformer.slices.%d.transformer.layers.0.norm%d.weight";
      for (int i : new int[] {1, 2}) {
        // PyTorch's layout has norms that all slices share.
        tensors.put(norm.formatted(1, i), tensors.get(norm.formatted(0, i)));
      }
      Safetensors.save(mlx, tensors, Map.of());
      Safetensors.save(pytorch, inPyTorchLayout(tensors), Map.of());
      tensors.values().forEach(MlxArray::close);
    }
    Path ofMlx = folder.resolve("of-mlx.safetensors");
    Path ofPyTorch = folder.resolve("of-pytorch.safetensors");
    write(mlx, Precision.Q4, ofMlx);
    write(pytorch, Precision.Q4, ofPyTorch);
    assertEquals(-1, Files.mismatch(ofMlx, ofPyTorch));
  }

  private static Map<String, MlxArray> inPyTorchLayout(Map<String, MlxArray> tensors) {
    Map<String, MlxArray> renamed = new HashMap<>();
    Map<String, List<MlxArray>> stacked = new TreeMap<>();
    new TreeMap<>(tensors)
        .forEach((key, array) -> {
          String name =
              key.replaceFirst("^audio_embs\\.", "emb.")
                  .replaceFirst("in_proj\\.weight$", "in_proj_weight")
                  .replaceFirst("(norm\\d?)\\.weight$", "$1.alpha")
                  .replaceFirst("^depformer\\.slices\\.(\\d)\\.linear_in", "depformer_in.$1")
                  .replaceFirst("^depformer\\.slices\\.(\\d)\\.linear_out", "linears.$1")
                  .replaceFirst("^depformer\\.slices\\.0\\.emb", "depformer_text_emb")
                  .replaceFirst("^depformer\\.slices\\.1\\.emb", "depformer_emb.0")
                  .replaceFirst(
                      "^depformer\\.slices\\.(\\d)\\.transformer\\.layers\\.0\\.gating",
                      "depformer.layers.0.gating.$1")
                  .replaceFirst("^depformer\\.slices\\.\\d\\.transformer", "depformer");
          if (name.startsWith("depformer.") && name.contains("self_attn")) {
            stacked.computeIfAbsent(name, _ -> new ArrayList<>()).add(array);
          } else {
            renamed.put(name, name.endsWith("alpha") ? reshape(array, 1, 1, -1) : array);
          }
        });
    stacked.forEach((name, parts) -> renamed.put(name, concatenate(0, parts)));
    return renamed;
  }

  /** Upstream's file of the sheet's 2b configuration says what is quantised and what is not. */
  @Test
  void theSmallEmbeddingOfHibikisConditionIsLeft() throws IOException {
    Path golden = SOURCE.resolveSibling("../hibiki-2b-like/model.q4.safetensors");
    Path source = folder.resolve("source.safetensors");
    try (MlxScope _ = MlxScope.open()) {
      Map<String, MlxArray> stored = Safetensors.load(golden);
      Map<String, MlxArray> widened = new HashMap<>();
      stored.forEach((key, array) -> {
        String layer = key.replaceFirst("\\.weight$", "");
        MlxArray scales = stored.get(layer + ".scales");
        if (scales != null) {
          widened.put(key, dequantize(array, scales, stored.get(layer + ".biases"), 32, 4));
        } else if (!key.endsWith(".scales") && !key.endsWith(".biases")) {
          widened.put(key, array);
        }
      });
      Safetensors.save(source, widened, Map.of());
      stored.values().forEach(MlxArray::close);
    }
    Path file = folder.resolve("x.safetensors");
    write(source, Precision.Q4, file);
    assertEquals(Safetensors.header(golden), Safetensors.header(file));
    String condition = "condition_provider.conditioners.description.";
    assertEquals(
        List.of(condition + "embed.weight", condition + "output_proj.weight"),
        new Quantizer(source, Precision.Q4).left());
  }

  @Test
  void namesWhatItLeaves() {
    assertEquals(0, new Quantizer(SOURCE, Precision.Q4).left().size());
    assertTrue(
        new Quantizer(SOURCE, Precision.Q8)
            .left()
            .contains("depformer.slices.1.linear_out.weight"));
  }

  @Test
  void saysHowManyBytesItWrites() throws IOException {
    Quantizer quantizer = new Quantizer(SOURCE, Precision.Q6);
    Path file = folder.resolve("x.safetensors");
    write(SOURCE, Precision.Q6, file);
    long header = Files.size(file) - quantizer.targetBytes();
    assertTrue(header > 8 && header < 20_000, "header " + header);
  }

  @Test
  void holdsOneTensorAtATime() throws IOException {
    long largest =
        Safetensors.header(SOURCE).values().stream()
            .mapToLong(Safetensors.Entry::bytes)
            .max()
            .orElseThrow();
    Memory.clearCache();
    long before = Memory.active();
    Memory.resetPeak();
    write(SOURCE, Precision.Q8, folder.resolve("x.safetensors"));
    long used = Memory.peak() - before;
    assertTrue(used > 0 && used <= 4 * largest, used + " bytes, the largest has " + largest);
    // MLX's own threads may let go of the last few a moment later.
    long left = Memory.active() - before;
    assertTrue(left <= largest, left + " bytes are left");
  }

  @Test
  void whatIsStoppedLeavesNothing() throws IOException {
    Path file = folder.resolve("x.safetensors");
    StopsAfter five = new StopsAfter(5);
    Quantizer quantizer = new Quantizer(SOURCE, Precision.Q4);
    assertThrows(CancelledException.class, () -> quantizer.write(file, five));
    assertEquals(0, five.left());
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(0, files.count());
    }
  }

  @Test
  void refusesWhatIsNoSource() {
    assertRefused("is quantised already", GOLDENS.resolve("expected.q4.safetensors"), 32);
    assertRefused(
        "not a language model of Moshi's family",
        Path.of("src/test/resources/random-model/mimi.safetensors"),
        32);
    assertRefused(
        "--group-size", Path.of("src/test/resources/random-model/model.safetensors"), 128);
  }

  private static void assertRefused(String why, Path source, int groupSize) {
    String message =
        assertThrows(
                UserException.class,
                () -> new Quantizer(source, Precision.Q4.withGroupSize(groupSize)))
            .getMessage();
    assertTrue(message.startsWith(source.toString()) && message.contains(why), message);
  }

  @Test
  void refusesByNameWhatCannotBeLoaded() throws IOException {
    Path file = folder.resolve("model.safetensors");
    Map<String, MlxArray> arrays = Safetensors.load(SOURCE);
    Safetensors.save(file, arrays, new Precision(3, 64).metadata());
    arrays.values().forEach(MlxArray::close);
    assertEquals(
        file
            + " is quantised with 3 bits in groups of 64, which this version does not load;"
            + " make it again with 'moshi-mlx quantize'",
        assertThrows(UserException.class, () -> Precision.of(file)).getMessage());
  }

  @Test
  void divergenceIsThatOfTheDistributions() {
    float[] even = {1, 1};
    float[] odds = {(float) Math.log(3), 0};
    assertEquals(0, Fidelity.divergence(odds, odds), 1e-9);
    // 1/2 log((1/2)/(3/4)) + 1/2 log((1/2)/(1/4))
    assertEquals(0.5 * Math.log(4.0 / 3), Fidelity.divergence(even, odds), 1e-7);
  }
}
