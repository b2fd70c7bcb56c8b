package io.moshimlx.checkpoint;

import static io.moshimlx.mlx.Creation.zeros;
import static io.moshimlx.mlx.Elementwise.astype;
import static io.moshimlx.mlx.Elementwise.multiply;
import static io.moshimlx.mlx.Indexing.slice;
import static io.moshimlx.mlx.Shapes.concatenate;
import static io.moshimlx.mlx.Shapes.contiguous;
import static io.moshimlx.mlx.Shapes.expandDims;

import io.moshimlx.UserException;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.Safetensors;
import io.moshimlx.mlx.nn.Embedding;
import io.moshimlx.mlx.nn.Linear;
import io.moshimlx.mlx.nn.QuantizedEmbedding;
import io.moshimlx.mlx.nn.QuantizedLinear;
import io.moshimlx.mlx.nn.SplitLinear;
import io.moshimlx.mlx.nn.UnaryLayer;
import io.moshimlx.model.Kernels;
import java.nio.file.Path;
import java.util.ArrayList;
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
 * told by the keys of the file.
 *
 * <p>Nothing is read from the file until {@link #finish}: a tensor that is missing or has another
 * shape is replaced by zeros that are never computed, so that one pass finds every fault.
 */
public final class Weights {
  private static final int FAULTS_SHOWN = 10;

  private final Path file;
  private final Precision precision;
  private final Optional<DType> dtype;
  private final boolean written;
  private final long splitFrom;
  private final Map<String, MlxArray> tensors;
  private final Layout layout;
  private final Set<String> unused;
  private final Map<String, Layout.Place> places = new LinkedHashMap<>();

  /** Without repetition: several keys may be parts of one tensor. */
  private final Set<String> faults = new LinkedHashSet<>();

  private final List<MlxArray> kept = new ArrayList<>();
  private long stepBytes;

  /**
   * Rows of a matrix that one key holds.
   *
   * @param factors what they are multiplied by, [count, 1]; empty for nothing
   */
  public record Rows(String key, int count, Optional<MlxArray> factors) {
    public Rows(String key, int count) {
      this(key, count, Optional.empty());
    }
  }

  /**
   * Opens a file.
   *
   * @param dtype what floating-point tensors become, or empty to leave them as they are
   * @param depformer which slices are needed, and which share weights in PyTorch's layout
   * @param written as of {@link Kernels}
   * @param splitFrom how many weights a linear layer has that is {@link SplitLinear split}
   */
  public Weights(
      Path file,
      Precision precision,
      Optional<DType> dtype,
      DepformerConfig depformer,
      boolean written,
      long splitFrom) {
    this.file = file;
    this.precision = precision;
    this.dtype = dtype;
    this.written = written;
    this.splitFrom = splitFrom;
    this.tensors = Safetensors.load(file);
    this.layout = Layout.of(tensors, depformer);
    this.unused = new TreeSet<>(tensors.keySet());
    int stored = depformer.weightSchedule().size();
    unused.removeIf(key ->
        layout.isOfSlicesFrom(depformer.slices(), key) && !layout.isOfSlicesFrom(stored, key));
  }

  /** A floating-point tensor. */
  public MlxArray tensor(String key, int... shape) {
    return keep(take(key, false, shape));
  }

  /** A linear layer without bias, whose output is that of the given keys one after another. */
  public UnaryLayer linear(int in, Rows... rows) {
    if (!isQuantized(rows)) {
      MlxArray weight = join(rows, r -> real(r, in, ".weight"));
      return halves(weight, in, part -> plain(part.of(weight)));
    }
    MlxArray weight = join(rows, r -> packed(r, in));
    MlxArray scales = join(rows, r -> grouped(r, in, ".scales"));
    MlxArray biases = join(rows, r -> grouped(r, in, ".biases"));
    return halves(
        weight,
        in,
        part ->
            new QuantizedLinear(
                keep(part.of(weight)),
                keep(part.of(scales)),
                keep(part.of(biases)),
                null,
                precision.groupSize(),
                precision.bits()));
  }

  /** Some outputs of a linear layer: rows of all that it has. */
  private record Part(int from, int to) {
    MlxArray of(MlxArray rows) {
      return slice(rows, 0, from, to);
    }
  }

  private UnaryLayer halves(MlxArray weight, int in, Function<Part, UnaryLayer> layer) {
    int out = weight.dim(0);
    return (long) in * out < splitFrom
        ? layer.apply(new Part(0, out))
        : new SplitLinear(layer.apply(new Part(0, out / 2)), layer.apply(new Part(out / 2, out)));
  }

  /** On a CPU, BLAS takes twice the time for a weight that is only turned by its strides. */
  private Linear plain(MlxArray weight) {
    MlxArray transposed = Linear.of(weight, null).transposed();
    return new Linear(keep(written ? expandDims(contiguous(transposed), 0) : transposed), null);
  }

  public UnaryLayer linear(String key, int in, int out) {
    return linear(in, new Rows(key, out));
  }

  /** A layer whose outputs are multiplied by factors, [out, 1], which is done to its weights. */
  public UnaryLayer linear(String key, int in, MlxArray factors) {
    return linear(in, new Rows(key, factors.dim(0), Optional.of(factors)));
  }

  /** An embedding whose table is those of the given keys one below another. */
  public UnaryLayer embedding(int dim, Rows... rows) {
    long before = stepBytes;
    UnaryLayer table = table(dim, rows);
    long allRows = Arrays.stream(rows).mapToLong(Rows::count).sum();
    stepBytes = before + (stepBytes - before) / allRows * rows.length;
    return table;
  }

  private UnaryLayer table(int dim, Rows... rows) {
    return isQuantized(rows)
        ? new QuantizedEmbedding(
            keep(join(rows, r -> packed(r, dim))),
            keep(join(rows, r -> grouped(r, dim, ".scales"))),
            keep(join(rows, r -> grouped(r, dim, ".biases"))),
            precision.groupSize(),
            precision.bits())
        : new Embedding(keep(join(rows, r -> real(r, dim, ".weight"))));
  }

  /**
   * How many bytes a step reads of what was taken so far: each tensor as often as it was taken, and
   * of an embedding one row for each of its keys.
   */
  public long stepBytes() {
    return stepBytes;
  }

  /**
   * Checks that the file held what was taken and nothing else.
   *
   * @return the arrays in use, not yet evaluated; the caller closes them
   * @throws UserException listing missing, surplus and misshapen tensors, at most ten
   */
  public List<MlxArray> finish() {
    tensors.values().forEach(MlxArray::close);
    unused.forEach(key -> faults.add("surplus " + key));
    if (faults.isEmpty()) {
      return kept;
    }
    kept.forEach(MlxArray::close);
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

  /** Where the file holds what was taken, by the keys of MLX's layout. */
  public Map<String, Layout.Place> places() {
    return places;
  }

  private boolean isQuantized(Rows... rows) {
    return precision.bits() > 0
        && Arrays.stream(rows).anyMatch(r -> tensors.containsKey(r.key() + ".scales"));
  }

  private MlxArray packed(Rows rows, int columns) {
    return take(
        rows.key() + ".weight", true, rows.count(), columns * precision.bits() / Integer.SIZE);
  }

  private MlxArray grouped(Rows rows, int columns, String suffix) {
    return real(rows, columns / precision.groupSize(), suffix);
  }

  private MlxArray real(Rows rows, int columns, String suffix) {
    MlxArray found = take(rows.key() + suffix, false, rows.count(), columns);
    return rows.factors().map(factors -> multiply(found, factors)).orElse(found);
  }

  private static MlxArray join(Rows[] rows, Function<Rows, MlxArray> part) {
    MlxArray[] parts = Arrays.stream(rows).map(part).toArray(MlxArray[]::new);
    return parts.length == 1 ? parts[0] : concatenate(0, parts);
  }

  private MlxArray keep(MlxArray array) {
    stepBytes += array.nbytes();
    kept.add(array.retain());
    return array;
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
}
