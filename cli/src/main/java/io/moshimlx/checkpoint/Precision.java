package io.moshimlx.checkpoint;

import io.moshimlx.UserException;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.Safetensors;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * How the linear layers and embeddings of a checkpoint file are stored.
 *
 * <p>A file that this tool has quantised names its precision in the metadata. That of any other
 * file is read from its name ({@code *.q4.safetensors}, {@code *.q8.safetensors}) or else from the
 * shapes of its tensors.
 *
 * @param bits of a value; 0 if nothing is quantised
 * @param groupSize values that share one scale and one bias, along the input dimension
 */
public record Precision(int bits, int groupSize) {
  /** 4 bits, groups of 32. */
  public static final Precision Q4 = new Precision(4, 32);

  /** 6 bits, groups of 64. */
  public static final Precision Q6 = new Precision(6, 64);

  /** 8 bits, groups of 64. */
  public static final Precision Q8 = new Precision(8, 64);

  /** Not quantised. */
  public static final Precision NONE = new Precision(0, 0);

  /** Each precision with its usual group size, the smallest first. */
  public static final List<Precision> USUAL = List.of(Q4, Q6, Q8, NONE);

  /** The group sizes that MLX has kernels for. */
  public static final List<Integer> GROUP_SIZES = List.of(32, 64, 128);

  private static final String SCALES = ".scales";
  private static final String BITS = "quantization.bits";
  private static final String GROUP_SIZE = "quantization.group_size";
  private static final Pattern SUFFIX =
      Pattern.compile("\\.(q[468])(?:-g(32|64|128))?\\.safetensors$");

  /**
   * The name on the command line and in the names of models, e.g. {@code q4}. It is {@code bf16}
   * for anything that is not quantised, because the published files are in bfloat16.
   */
  public String label() {
    return isQuantized() ? "q" + bits : "bf16";
  }

  /**
   * The name of what a file holds: {@code q4}, {@code q6} or {@code q8}, or else {@code bf16},
   * {@code float16} or {@code float32}.
   *
   * @param stored the type of the values that are not packed
   */
  public String label(DType stored) {
    return isQuantized() || stored == DType.BFLOAT16
        ? label()
        : stored.name().toLowerCase(Locale.ROOT);
  }

  /** Whether weights are packed into fewer bits. */
  public boolean isQuantized() {
    return bits > 0;
  }

  /** Whether values have as many bits as those of another, whatever the groups. */
  public boolean sameBits(Precision other) {
    return bits == other.bits;
  }

  /** The same precision in groups of another size. */
  public Precision withGroupSize(int size) {
    return new Precision(bits, size);
  }

  /**
   * About how many bytes weights of 16 bits each take once they are quantised so: each group has a
   * scale and a bias of 16 bits.
   */
  public long bytesFrom(long weightBytes) {
    return weightBytes * ((long) bits * groupSize + 32) / (16L * groupSize);
  }

  /** The inverse of {@link #bytesFrom}: as many bytes as before weights were quantised so. */
  public long plainBytes(long weightBytes) {
    return isQuantized()
        ? weightBytes * 16 * groupSize / ((long) bits * groupSize + 32)
        : weightBytes;
  }

  /**
   * Bytes that weights take whose values, or, where they are quantised, scales and biases are
   * widened from 16 bits.
   *
   * @param valueBytes bytes of such a value, once it is widened
   */
  public long bytesIn(long weightBytes, int valueBytes) {
    long packed = (long) bits * groupSize;
    return weightBytes * (packed + 16L * valueBytes) / (packed + 32);
  }

  /** The usual one of a name such as {@code q4}. */
  public static Precision named(String label) {
    return USUAL.stream()
        .filter(precision -> precision.label().equals(label))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(label));
  }

  /** What a file of this name holds. */
  public static Precision ofFile(String fileName) {
    Matcher suffix = SUFFIX.matcher(fileName);
    if (!suffix.find()) {
      return NONE;
    }
    Precision usual = named(suffix.group(1));
    return suffix.group(2) == null ? usual : usual.withGroupSize(Integer.parseInt(suffix.group(2)));
  }

  /**
   * What this file holds, by its metadata, or else by its name, or else by its shapes.
   *
   * @throws UserException if it says something that cannot be loaded
   * @throws io.moshimlx.mlx.MlxException if it is not a safetensors file
   */
  public static Precision of(Path file) {
    Map<String, String> metadata = Safetensors.metadata(file);
    if (metadata.containsKey(BITS)) {
      return known(file, metadata.get(BITS), metadata.getOrDefault(GROUP_SIZE, "unknown size"));
    }
    Precision named = ofFile(file.getFileName().toString());
    Map<String, Safetensors.Entry> tensors = Safetensors.header(file);
    Optional<Precision> measured = measured(tensors);
    if (named.isQuantized()) {
      // A name holds the size of groups only where that is unusual, and only ours do.
      return measured
          .filter(found -> found.sameBits(named) && GROUP_SIZES.contains(found.groupSize()))
          .orElse(named);
    }
    if (tensors.keySet().stream().noneMatch(key -> key.endsWith(SCALES))) {
      return NONE;
    }
    Precision found =
        measured.orElseThrow(() ->
            new UserException(
                "%s holds quantised weights in a form that this version does not load, as mxfp4"
                    .formatted(file),
                "quantise the model they were made from with 'moshi-mlx quantize'"));
    return known(file, Integer.toString(found.bits()), Integer.toString(found.groupSize()));
  }

  /**
   * What the shapes say: a matrix that reads what Helium writes has rows of {@code dim} values, in
   * {@code dim × bits / 32} words, and {@code dim / groupSize} scales and biases for each of them.
   */
  private static Optional<Precision> measured(Map<String, Safetensors.Entry> tensors) {
    int dim = columns(tensors, "out_norm.weight");
    return Stream.of("text_linear", "text_emb", "transformer.layers.0.self_attn.in_proj")
        .filter(key -> columns(tensors, key + ".biases") > 0)
        .findFirst()
        .map(key -> new int[] {columns(tensors, key + ".weight"), columns(tensors, key + SCALES)})
        .filter(found -> dim > 0 && found[1] > 0 && dim % found[1] == 0)
        .filter(found -> (long) Integer.SIZE * found[0] % dim == 0)
        .map(found -> new Precision((int) ((long) Integer.SIZE * found[0] / dim), dim / found[1]));
  }

  /** The last dimension of a tensor; 0 where there is none. */
  private static int columns(Map<String, Safetensors.Entry> tensors, String key) {
    Safetensors.Entry tensor = tensors.get(key);
    return tensor == null || tensor.shape().isEmpty() ? 0 : tensor.shape().getLast();
  }

  private static Precision known(Path file, String bits, String groupSize) {
    return USUAL.stream()
        .filter(q -> q.isQuantized() && bits.equals(Integer.toString(q.bits())))
        .flatMap(q -> GROUP_SIZES.stream().map(q::withGroupSize))
        .filter(q -> groupSize.equals(Integer.toString(q.groupSize())))
        .findFirst()
        .orElseThrow(() ->
            new UserException(
                "%s is quantised with %s bits in groups of %s, which this version does not load"
                    .formatted(file, bits, groupSize),
                "make it again with 'moshi-mlx quantize'"));
  }

  /** The metadata that names this precision in a file, always in the same order. */
  public Map<String, String> metadata() {
    return new TreeMap<>(
        Map.of(BITS, Integer.toString(bits), GROUP_SIZE, Integer.toString(groupSize)));
  }

  /**
   * The end of a file's name, e.g. {@code .q4.safetensors}; that of an unusual group size names it,
   * e.g. {@code .q4-g64.safetensors}, for upstream's tools take the usual one for granted.
   */
  public String suffix() {
    if (!isQuantized()) {
      return ".safetensors";
    }
    String group = USUAL.contains(this) ? "" : "-g" + groupSize;
    return "." + label() + group + ".safetensors";
  }
}
