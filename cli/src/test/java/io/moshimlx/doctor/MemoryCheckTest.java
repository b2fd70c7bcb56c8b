package io.moshimlx.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.ByteCount;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.checkpoint.Precision;
import io.moshimlx.engine.MemoryEstimate;
import io.moshimlx.mlx.DType;
import io.moshimlx.model.Lm;
import io.moshimlx.store.Catalogue;
import io.moshimlx.store.KnownModel;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Who tells how much memory a model takes tells the same. */
class MemoryCheckTest {
  private static final Optional<DType> GPU = Optional.empty();
  private static final Optional<DType> CPU = Optional.of(DType.FLOAT32);

  /** Memory of a Mac in GB, and what Metal is known to recommend of it: two thirds, or more. */
  private static final Map<Integer, Double> MACS =
      Map.of(8, 2 / 3., 16, 2 / 3., 24, 2 / 3., 32, 2 / 3., 64, 3 / 4.);

  @TempDir Path folder;

  /** The catalogue's models, and what is quantised of those that come in bf16 only. */
  static List<KnownModel> models() {
    return Catalogue.all().stream()
        .flatMap(known ->
            known.family().startsWith("moshi")
                ? Stream.of(known)
                : Stream.of(Precision.NONE, Precision.Q8, Precision.Q6, Precision.Q4)
                    .map(precision -> in(precision, known)))
        .toList();
  }

  private static KnownModel in(Precision precision, KnownModel known) {
    return precision.isQuantized() ? known.quantized(precision) : known;
  }

  private static KnownModel known(String name) {
    return Catalogue.find(name).orElseThrow();
  }

  @Test
  void aGpuHoldsWhatIsStoredAndAFullCacheOf16Bits() {
    assertEquals(
        4_810_000_000L // weights
            + 32 * 2 * 32 * 128 * 3000L * 2
            + 385_200_000L * 9 / 8
            + 100_000_000
            + 4_810_000_000L / 16,
        MemoryCheck.estimate(known("moshiko-q4")).bytes(GPU));
  }

  @Test
  void aCpuHoldsFloat32() {
    long cache = 32 * 2 * 32 * 128 * 3000L * 4;
    long others = 385_200_000L * 9 / 8 + 100_000_000;
    assertEquals(
        30_800_000_000L + cache + others + 30_800_000_000L / 16,
        MemoryCheck.estimate(known("moshiko-bf16")).bytes(CPU));
    // Of 20 bytes for 32 weights those 4 of scale and bias become 8.
    assertEquals(
        5_772_000_000L + cache + others + 5_772_000_000L / 16,
        MemoryCheck.estimate(known("moshiko-q4")).bytes(CPU));
  }

  @ParameterizedTest
  @MethodSource("models")
  void aModelsFilesGiveTheFigureOfTheCatalogue(KnownModel known) throws IOException {
    Precision precision = known.precision();
    MemoryEstimate catalogue = MemoryCheck.estimate(known);
    ModelFiles files = files(known, precision);
    MemoryEstimate ofFiles = MemoryEstimate.of(files);
    for (Optional<DType> computed : List.of(GPU, CPU, Optional.of(DType.FLOAT16))) {
      assertEquals(catalogue.bytes(computed), ofFiles.bytes(computed), known.name());
    }
    String figure = ByteCount.of(catalogue.bytes(Lm.computed(Optional.empty())));
    Finding doctor = MachineChecks.model(files, Optional.empty());
    assertTrue(doctor.text().contains(" takes " + figure + " of "), doctor.text());
    String run = MemoryCheck.warning("it", ofFiles, GPU, 1).orElseThrow();
    assertTrue(
        run.contains(
            "it in %s takes about %s"
                .formatted(known.precision().label(), ByteCount.of(catalogue.bytes(GPU)))),
        run);
  }

  @Test
  void theMemoryCheckHasTheFiguresOfTheCatalogue() {
    for (Optional<DType> computed : List.of(GPU, CPU)) {
      String text = MachineChecks.memory(1, computed).text();
      for (String precision : List.of("q4", "q8", "bf16")) {
        String figure =
            ByteCount.of(MemoryCheck.estimate(known("moshiko-" + precision)).bytes(computed));
        assertTrue(text.contains("%s (%s) ".formatted(precision, figure)), text);
      }
    }
  }

  @Test
  void aWarningNamesThePrecisionThatFits() {
    MemoryEstimate estimate = MemoryCheck.estimate(known("moshiko-bf16"));
    long recommended = 11_453_000_000L;
    assertEquals(
        Optional.of(
            "moshiko in bf16 takes about 18.5 GB of memory, but this machine recommends at most"
                + " 11.5 GB; with --quant q8 it takes 10.8 GB"),
        MemoryCheck.warning("moshiko", estimate, GPU, recommended));
    String none = MemoryCheck.warning("moshiko", estimate, GPU, 4_000_000_000L).orElseThrow();
    assertTrue(none.endsWith("4.0 GB; choose a smaller model"), none);
    assertEquals(
        Optional.empty(),
        MemoryCheck.warning(
            "moshiko", MemoryCheck.estimate(known("moshiko-q8")), GPU, recommended));
    String q4 =
        MemoryCheck.warning(
                "moshiko", MemoryCheck.estimate(known("moshiko-q8")), GPU, 8_000_000_000L)
            .orElseThrow();
    assertTrue(q4.endsWith("; with --quant q4 it takes 7.2 GB"), q4);
  }

  @Test
  void theDocumentOfModelsHasWhatFits() throws IOException {
    String page = Files.readString(Path.of("../docs/models.md"));
    for (int gigabytes : MACS.keySet()) {
      long recommended = Math.round(gigabytes * (1L << 30) * MACS.get(gigabytes));
      String row =
          "| %d GB | %s | %s |"
              .formatted(
                  gigabytes,
                  ByteCount.of(recommended),
                  Stream.of("moshiko", "hibiki-1b", "hibiki-2b", "personaplex")
                      .map(family -> best(family, recommended))
                      .collect(Collectors.joining(" | ")));
      assertTrue(page.lines().anyMatch(row::equals), "docs/models.md lacks: " + row);
    }
  }

  /** The most precise that fits. */
  private static String best(String family, long available) {
    return models().stream()
        .filter(known -> known.family().equals(family))
        .filter(known -> MemoryCheck.estimate(known).bytes(GPU) <= available)
        .max(Comparator.comparingLong(KnownModel::weightBytes))
        .map(known -> known.precision().label())
        .orElse("–");
  }

  /** A model's folder whose files have the sizes of the real ones, and nothing in them. */
  private ModelFiles files(KnownModel known, Precision precision) throws IOException {
    String config = config(known.family());
    if (config != null) {
      Files.writeString(folder.resolve("config.json"), config);
    }
    sparse(folder.resolve("tokenizer-e351c8d8-checkpoint125.safetensors"), 384_644_900);
    sparse(folder.resolve("tokenizer_spm_32k_3.model"), known.codecBytes() - 384_644_900);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    if (known.unreadBytes() > 0) {
      tensors.putAll(unread());
    }
    long unread = tensors.values().stream().mapToLong(Tensor::bytes).sum();
    assertEquals(known.unreadBytes(), unread);
    int groupBits = precision.bits() * precision.groupSize();
    long packed = (known.weightBytes() - unread) * groupBits / (groupBits + 32) / 4;
    tensors.putAll(values("packed", "U32", 4, packed));
    tensors.putAll(values("values", "BF16", 2, (known.weightBytes() - unread - 4 * packed) / 2));
    Path weights = folder.resolve("model" + precision.suffix());
    write(weights, tensors);
    return ModelFiles.find(folder, Optional.of(precision));
  }

  private record Tensor(String dtype, long bytes, List<Integer> shape) {
    static Tensor bf16(int rows, int columns) {
      return new Tensor("BF16", 2L * rows * columns, List.of(rows, columns));
    }
  }

  /** The tensors of a file in PyTorch's layout that are of the codebooks of the user alone. */
  private static Map<String, Tensor> unread() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (int slice = 8; slice < 16; slice++) {
      tensors.put("depformer_in." + slice + ".weight", Tensor.bf16(1024, 4096));
      tensors.put("depformer_emb." + (slice - 1) + ".weight", Tensor.bf16(2049, 1024));
      tensors.put("linears." + slice + ".weight", Tensor.bf16(2048, 1024));
      for (int layer = 0; layer < 6; layer++) {
        String gating = "depformer.layers." + layer + ".gating." + slice;
        tensors.put(gating + ".linear_in.weight", Tensor.bf16(2 * 2816, 1024));
        tensors.put(gating + ".linear_out.weight", Tensor.bf16(1024, 2816));
      }
    }
    tensors.put("out_norm.alpha", new Tensor("BF16", 0, List.of(0)));
    return tensors;
  }

  private static Map<String, Tensor> values(String name, String dtype, int size, long count) {
    int columns = 1 << 20;
    int rows = (int) (count / columns);
    int rest = (int) (count % columns);
    return Map.of(
        name,
        new Tensor(dtype, (long) size * rows * columns, List.of(rows, columns)),
        name + "_rest",
        new Tensor(dtype, (long) size * rest, List.of(rest)));
  }

  private static void write(Path file, Map<String, Tensor> tensors) throws IOException {
    List<String> entries = new ArrayList<>();
    long offset = 0;
    for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
      long end = offset + tensor.getValue().bytes();
      entries.add(
          "\"%s\": {\"dtype\": \"%s\", \"shape\": %s, \"data_offsets\": [%d, %d]}"
              .formatted(
                  tensor.getKey(),
                  tensor.getValue().dtype(),
                  tensor.getValue().shape(),
                  offset,
                  end));
      offset = end;
    }
    byte[] header = ("{" + String.join(", ", entries) + "}").getBytes(StandardCharsets.UTF_8);
    ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.write(length.putLong(header.length).array());
      out.write(header);
      out.setLength(8 + header.length + offset);
    }
  }

  private static void sparse(Path file, long bytes) throws IOException {
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.setLength(bytes);
    }
  }

  /** As published, as far as the sizes go; null where there is none. */
  private static String config(String family) {
    return switch (family) {
      case "hibiki-1b" -> hibiki(2048, 16, 16);
      case "hibiki-2b" -> hibiki(2560, 20, 24);
      case "personaplex" -> "{\"model_type\": \"personaplex\"}";
      default -> null;
    };
  }

  private static String hibiki(int dim, int heads, int layers) {
    return """
    {"dim": %d, "num_heads": %d, "num_layers": %d, "context": 3000, "positional_embedding": "rope",
     "text_card": 48000, "card": 2048, "n_q": 1, "dep_q": 1, "delays": [0, 0], "gating": "silu",
     "norm": "rms_norm", "depformer_dim": 1024, "depformer_num_heads": 16,
     "depformer_num_layers": 6, "depformer_pos_emb": "none",
     "conditioners": {"description": {"type": "lut", "lut": {"n_bins": 2, "dim": 16,
      "tokenizer": "noop", "possible_values": ["very_bad", "very_good"]}}}}
    """
        .formatted(dim, heads, layers);
  }
}
