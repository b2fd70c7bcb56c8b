package io.moshimlx.checkpoint;

import static io.moshimlx.mlx.Creation.zeros;
import static io.moshimlx.mlx.Elementwise.astype;
import static io.moshimlx.mlx.Shapes.concatenate;

import io.moshimlx.UserException;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.Safetensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The tensors of one checkpoint file, taken by their keys in MLX's layout and by shape. Faults are
 * reported by the keys of the file.
 *
 * <p>Nothing is read from the file before it is evaluated. A tensor that is missing or has another
 * shape is replaced by zeros that are never computed, so that one pass finds every fault.
 */
public final class Weights implements AutoCloseable {
  private static final int FAULTS_SHOWN = 10;

  private final Path file;
  private final Quantization quantization;
  private final Optional<DType> dtype;
  private final Map<String, MlxArray> tensors;
  private final Layout layout;
  private final Set<String> unused;
  private final Map<String, Layout.Place> places = new LinkedHashMap<>();

  /** Without repetition: several keys may be parts of one tensor. */
  private final Set<String> faults = new LinkedHashSet<>();

  /** Rows of a matrix that one key holds. */
  public record Rows(String key, int count) {}

  /**
   * Opens a file.
   *
   * @param dtype of floating-point tensors; empty for the type that the file stores
   * @param depformer which slices are needed, and which share weights in PyTorch's layout
   * @throws io.moshimlx.mlx.MlxException if the file cannot be read
   */
  public Weights(
      Path file, Quantization quantization, Optional<DType> dtype, DepformerConfig depformer) {
    this.file = file;
    this.quantization = quantization;
    this.dtype = dtype;
    this.tensors = Safetensors.load(file);
    this.layout = Layout.of(tensors, depformer);
    this.unused = new TreeSet<>(tensors.keySet());
    int stored = depformer.storedSlices();
    unused.removeIf(key ->
        layout.isOfSlicesFrom(depformer.slices(), key) && !layout.isOfSlicesFrom(stored, key));
  }

  /** A floating-point tensor; it belongs to the open scope. */
  public MlxArray tensor(String key, int... shape) {
    return take(key, false, shape);
  }

  /**
   * A matrix whose rows are those of the given keys, one below another. It is quantised if one of
   * the keys has scales.
   */
  public Matrix matrix(int columns, Rows... rows) {
    boolean quantized =
        quantization.bits() > 0
            && Arrays.stream(rows).anyMatch(r -> tensors.containsKey(r.key() + ".scales"));
    return quantized
        ? new Matrix.Quantized(
            join(rows, r -> packed(r, columns)),
            join(rows, r -> grouped(r, columns, ".scales")),
            join(rows, r -> grouped(r, columns, ".biases")),
            quantization.groupSize(),
            quantization.bits())
        : new Matrix.Plain(join(rows, r -> tensor(r.key() + ".weight", r.count(), columns)));
  }

  /**
   * Checks that the file held what was taken and nothing else.
   *
   * @throws UserException listing missing, surplus and misshapen tensors, at most ten
   */
  public void requireFit() {
    unused.forEach(key -> faults.add("surplus " + key));
    if (faults.isEmpty()) {
      return;
    }
    String more =
        faults.size() > FAULTS_SHOWN ? ", and %d more".formatted(faults.size() - FAULTS_SHOWN) : "";
    throw new UserException(
        "%s does not fit its configuration: %s%s"
            .formatted(
                file, faults.stream().limit(FAULTS_SHOWN).collect(Collectors.joining(", ")), more),
        "give the config.json that belongs to it%s"
            .formatted(
                tensors.keySet().stream().anyMatch(key -> key.endsWith(".scales"))
                    ? ", and name a quantised file *.q4.safetensors or *.q8.safetensors as it is"
                    : ""));
  }

  /** Where the file holds each tensor that was taken, by its key in MLX's layout. */
  public Map<String, Layout.Place> places() {
    return places;
  }

  private MlxArray packed(Rows rows, int columns) {
    return take(
        rows.key() + ".weight", true, rows.count(), columns * quantization.bits() / Integer.SIZE);
  }

  private MlxArray grouped(Rows rows, int columns, String suffix) {
    return tensor(rows.key() + suffix, rows.count(), columns / quantization.groupSize());
  }

  private static MlxArray join(Rows[] rows, Function<Rows, MlxArray> part) {
    MlxArray[] parts = Arrays.stream(rows).map(part).toArray(MlxArray[]::new);
    return parts.length == 1 ? parts[0] : concatenate(0, parts);
  }

  private MlxArray take(String key, boolean packed, int... shape) {
    Layout.Place place = layout.place(key, shape);
    places.put(key, place);
    MlxArray found = tensors.get(place.key());
    unused.remove(place.key());
    if (found == null) {
      faults.add("missing " + place.key());
      return zeros(packed ? DType.UINT32 : DType.FLOAT32, shape);
    }
    List<Integer> foundShape = Arrays.stream(found.shape()).boxed().toList();
    if (packed == (found.dtype() == DType.UINT32) && foundShape.equals(place.stored())) {
      return astype(place.view().apply(found), packed ? DType.UINT32 : dtype.orElse(found.dtype()));
    }
    faults.add(
        "misshapen %s (%s %s, not %s)"
            .formatted(place.key(), found.dtype(), foundShape, place.stored()));
    return zeros(packed ? DType.UINT32 : DType.FLOAT32, shape);
  }

  /** Lets go of the file's tensors; those that were taken stay as they are. */
  @Override
  public void close() {
    tensors.values().forEach(MlxArray::close);
  }
}
