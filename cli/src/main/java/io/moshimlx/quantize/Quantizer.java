package io.moshimlx.quantize;

import io.moshimlx.Disk;
import io.moshimlx.UserException;
import io.moshimlx.checkpoint.Layout;
import io.moshimlx.checkpoint.LmConfig;
import io.moshimlx.checkpoint.PyTorchLayout;
import io.moshimlx.checkpoint.Quantization;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.Linalg;
import io.moshimlx.mlx.Memory;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.MlxScope;
import io.moshimlx.mlx.Safetensors;
import io.moshimlx.mlx.SafetensorsWriter;
import io.moshimlx.model.Lm;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * Quantises the weights of one checkpoint file, tensor by tensor: no more than one of them is in
 * memory. The file may be in PyTorch's layout; what is written is in MLX's, and the same for both.
 *
 * <p>As upstream's {@code nn.quantize} does, every linear layer and embedding is quantised, and
 * norms and scales stay as they are. Upstream's fails where the group size does not divide a
 * matrix's rows; here such a matrix stays as it is too.
 */
public final class Quantizer {
  private static final String WEIGHT = ".weight";

  /** PyTorch's layout has one tensor for all slices: so its parts are written one after another. */
  private static final Comparator<String> ORDER =
      Comparator.comparing((String key) -> key.replaceFirst("^depformer\\.slices\\.\\d+\\.", ""))
          .thenComparing(Comparator.naturalOrder());

  private final Path source;
  private final Quantization target;
  private final Map<String, Safetensors.Entry> stored;

  /** Where the file holds each tensor, by its key in MLX's layout. */
  private final Map<String, Layout.Place> places = new TreeMap<>(ORDER);

  /** Told how far it is. */
  @FunctionalInterface
  public interface Progress {
    /**
     * Called before each tensor.
     *
     * @param done tensors that are written
     * @param all tensors of the model
     */
    void at(int done, int all);
  }

  /**
   * Looks at a file's header. For one in PyTorch's layout the {@code config.json} beside it holds,
   * or, without that, the configuration of Moshi 7B.
   *
   * @throws UserException if it cannot be quantised so
   * @throws io.moshimlx.mlx.MlxException if it is not a safetensors file
   */
  public Quantizer(Path source, Quantization target) {
    this.source = source;
    this.target = target;
    stored = Safetensors.header(source);
    if (stored.keySet().stream().anyMatch(key -> key.endsWith(".scales"))) {
      throw new UserException(
          source + " is quantised already",
          "give the weights it was made from, in bf16 or float32");
    }
    if (stored.containsKey(PyTorchLayout.SIGN)) {
      places.putAll(Lm.places(LmConfig.ofFolder(source.toAbsolutePath().getParent()), source));
    } else if (stored.containsKey("text_emb.weight") && stored.containsKey("out_norm.weight")) {
      stored.forEach((key, entry) -> places.put(key, new Layout.Place(key, entry.shape())));
    } else {
      throw new UserException(
          source
              + " is not a language model of Moshi's family (no text_emb.weight with"
              + " out_norm.weight or out_norm.alpha)",
          "give a model's own weights");
    }
    if (places.keySet().stream().noneMatch(this::quantizes)) {
      throw new UserException(
          "%s has no matrix whose rows groups of %d divide".formatted(source, target.groupSize()),
          "choose a smaller --group-size");
    }
  }

  /** Matrices that stay as they are because the group size does not divide their rows. */
  public List<String> left() {
    return places.keySet().stream().filter(key -> isMatrix(key) && !quantizes(key)).toList();
  }

  /** Bytes of the source's tensors. */
  public long sourceBytes() {
    return bytes(stored);
  }

  /** Bytes of the tensors that will be written. */
  public long targetBytes() {
    return bytes(planned());
  }

  private static long bytes(Map<String, Safetensors.Entry> tensors) {
    return tensors.values().stream().mapToLong(Safetensors.Entry::bytes).sum();
  }

  /**
   * Writes the quantised file, which appears only once it is complete.
   *
   * @param stopped asked before each tensor
   * @return whether it was written; false if it was stopped
   * @throws IOException if it cannot be written there
   */
  public boolean write(Path file, Progress progress, BooleanSupplier stopped) throws IOException {
    requireRoom(file);
    Map<String, MlxArray> arrays = Safetensors.load(source);
    try {
      return write(file, arrays, progress, stopped);
    } finally {
      arrays.values().forEach(MlxArray::close);
    }
  }

  private boolean write(
      Path file, Map<String, MlxArray> arrays, Progress progress, BooleanSupplier stopped)
      throws IOException {
    try (SafetensorsWriter writer = SafetensorsWriter.create(file, planned(), target.metadata())) {
      Map<String, Long> uses =
          places.values().stream()
              .collect(Collectors.groupingBy(Layout.Place::key, Collectors.counting()));
      int done = 0;
      for (Map.Entry<String, Layout.Place> entry : places.entrySet()) {
        if (stopped.getAsBoolean()) {
          return false;
        }
        progress.at(done++, places.size());
        Layout.Place place = entry.getValue();
        MlxArray array = arrays.get(place.key());
        try (MlxScope _ = MlxScope.open()) {
          write(writer, entry.getKey(), place.view().apply(array));
        }
        if (uses.merge(place.key(), -1L, Long::sum) == 0) {
          array.close();
        }
        // MLX would keep what is freed for arrays of the same size.
        Memory.clearCache();
      }
      writer.finish();
      return true;
    }
  }

  private void write(SafetensorsWriter writer, String key, MlxArray array) throws IOException {
    if (!quantizes(key)) {
      writer.write(key, array);
      return;
    }
    Linalg.Quantized parts = Linalg.quantize(array, target.groupSize(), target.bits());
    String name = layer(key);
    writer.write(name + WEIGHT, parts.weight());
    writer.write(name + ".scales", parts.scales());
    writer.write(name + ".biases", parts.biases());
  }

  private void requireRoom(Path file) throws IOException {
    long room = Disk.free(file.toAbsolutePath().getParent()).orElse(Long.MAX_VALUE);
    if (room < targetBytes()) {
      throw new FileSystemException(
          file.toString(),
          null,
          String.format(
              Locale.ROOT,
              "it takes %.2f GB, but only %.2f GB are free there",
              targetBytes() * 1e-9,
              room * 1e-9));
    }
  }

  private Map<String, Safetensors.Entry> planned() {
    Map<String, Safetensors.Entry> planned = new LinkedHashMap<>();
    places
        .keySet()
        .forEach(key -> {
          Safetensors.Entry entry = tensor(key);
          if (!quantizes(key)) {
            planned.put(key, entry);
            return;
          }
          int rows = entry.shape().get(0);
          int columns = entry.shape().get(1);
          Safetensors.Entry grouped =
              new Safetensors.Entry(entry.dtype(), List.of(rows, columns / target.groupSize()));
          planned.put(
              layer(key) + WEIGHT,
              new Safetensors.Entry(
                  DType.UINT32, List.of(rows, columns * target.bits() / Integer.SIZE)));
          planned.put(layer(key) + ".scales", grouped);
          planned.put(layer(key) + ".biases", grouped);
        });
    return planned;
  }

  /** A tensor as it is before it is quantised. */
  private Safetensors.Entry tensor(String key) {
    Layout.Place place = places.get(key);
    return new Safetensors.Entry(stored.get(place.key()).dtype(), place.shape());
  }

  private static String layer(String key) {
    return key.substring(0, key.length() - WEIGHT.length());
  }

  /** Whether this is the weight of a linear layer or an embedding: norms have vectors. */
  private boolean isMatrix(String key) {
    Safetensors.Entry entry = tensor(key);
    return key.endsWith(WEIGHT) && entry.shape().size() == 2 && entry.dtype().isFloating();
  }

  private boolean quantizes(String key) {
    return isMatrix(key) && tensor(key).shape().get(1) % target.groupSize() == 0;
  }
}
