package io.moshimlx.checkpoint;

import io.moshimlx.UserException;
import io.moshimlx.mlx.Safetensors;
import io.moshimlx.quantize.Quantizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * How the linear layers and embeddings of a checkpoint file are stored.
 *
 * <p>What {@link Quantizer} wrote says so in its metadata. Of any other file the name tells: {@code
 * *.q4.safetensors}, {@code *.q8.safetensors}; or else the shapes of its tensors.
 *
 * @param bits of a value; 0 if nothing is quantised
 * @param groupSize values that share one scale and one bias, along the input dimension
 */
public record Quantization(int bits, int groupSize) {
  /** 4 bits, groups of 32. */
  public static final Quantization Q4 = new Quantization(4, 32);

  /** 6 bits, groups of 64. */
  public static final Quantization Q6 = new Quantization(6, 64);

  /** 8 bits, groups of 64. */
  public static final Quantization Q8 = new Quantization(8, 64);

  /** Not quantised: bf16 in the published files. */
  public static final Quantization BF16 = new Quantization(0, 0);

  /** Each precision with its usual group size. */
  public static final List<Quantization> USUAL = List.of(Q4, Q6, Q8, BF16);

  /** The group sizes that MLX has kernels for. */
  public static final List<Integer> GROUP_SIZES = List.of(32, 64, 128);

  private static final String SCALES = ".scales";
  private static final String BITS = "quantization.bits";
  private static final String GROUP_SIZE = "quantization.group_size";
  private static final Pattern SUFFIX =
      Pattern.compile("\\.(q[468])(?:-g(32|64|128))?\\.safetensors$");

  /** The name used on the command line and in events, e.g. {@code q4}. */
  public String label() {
    return bits == 0 ? "bf16" : "q" + bits;
  }

  /** Whether values have as many bits as those of another, whatever the groups. */
  public boolean samePrecision(Quantization other) {
    return bits == other.bits;
  }

  /** The same precision in groups of another size. */
  public Quantization withGroupSize(int size) {
    return new Quantization(bits, size);
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
    return bits == 0 ? weightBytes : weightBytes * 16 * groupSize / ((long) bits * groupSize + 32);
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
  public static Quantization named(String label) {
    return USUAL.stream()
        .filter(quantization -> quantization.label().equals(label))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(label));
  }

  /** What a file of this name holds. */
  public static Quantization ofFile(String fileName) {
    Matcher suffix = SUFFIX.matcher(fileName);
    if (!suffix.find()) {
      return BF16;
    }
    Quantization usual = named(suffix.group(1));
    return suffix.group(2) == null ? usual : usual.withGroupSize(Integer.parseInt(suffix.group(2)));
  }

  /**
   * What this file holds, by its metadata, or else by its name, or else by its shapes.
   *
   * @throws UserException if it says something that cannot be loaded
   * @throws io.moshimlx.mlx.MlxException if it is not a safetensors file
   */
  public static Quantization of(Path file) {
    Map<String, String> metadata = Safetensors.metadata(file);
    if (metadata.containsKey(BITS)) {
      return known(file, metadata.get(BITS), metadata.getOrDefault(GROUP_SIZE, "unknown size"));
    }
    Quantization named = ofFile(file.getFileName().toString());
    Map<String, Safetensors.Entry> tensors = Safetensors.header(file);
    Optional<Quantization> measured = measured(tensors);
    if (named.bits() > 0) {
      // A name tells the size of groups only where that is unusual, and only ours do.
      return measured
          .filter(found -> found.samePrecision(named) && GROUP_SIZES.contains(found.groupSize()))
          .orElse(named);
    }
    if (tensors.keySet().stream().noneMatch(key -> key.endsWith(SCALES))) {
      return BF16;
    }
    Quantization found =
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
  private static Optional<Quantization> measured(Map<String, Safetensors.Entry> tensors) {
    int dim = columns(tensors, "out_norm.weight");
    return Stream.of("text_linear", "text_emb", "transformer.layers.0.self_attn.in_proj")
        .filter(key -> columns(tensors, key + ".biases") > 0)
        .findFirst()
        .map(key -> new int[] {columns(tensors, key + ".weight"), columns(tensors, key + SCALES)})
        .filter(found -> dim > 0 && found[1] > 0 && dim % found[1] == 0)
        .filter(found -> (long) Integer.SIZE * found[0] % dim == 0)
        .map(found ->
            new Quantization((int) ((long) Integer.SIZE * found[0] / dim), dim / found[1]));
  }

  /** The last dimension of a tensor; 0 where there is none. */
  private static int columns(Map<String, Safetensors.Entry> tensors, String key) {
    Safetensors.Entry tensor = tensors.get(key);
    return tensor == null || tensor.shape().isEmpty() ? 0 : tensor.shape().getLast();
  }

  private static Quantization known(Path file, String bits, String groupSize) {
    return USUAL.stream()
        .filter(q -> q.bits() > 0 && bits.equals(Integer.toString(q.bits())))
        .flatMap(q -> GROUP_SIZES.stream().map(q::withGroupSize))
        .filter(q -> groupSize.equals(Integer.toString(q.groupSize())))
        .findFirst()
        .orElseThrow(() ->
            new UserException(
                "%s is quantised with %s bits in groups of %s, which this version does not load"
                    .formatted(file, bits, groupSize),
                "make it again with 'moshi-mlx quantize'"));
  }

  /** What tells this of a file, always in the same order. */
  public Map<String, String> metadata() {
    return new TreeMap<>(
        Map.of(BITS, Integer.toString(bits), GROUP_SIZE, Integer.toString(groupSize)));
  }

  /**
   * The end of a file's name, e.g. {@code .q4.safetensors}; that of an unusual group size names it,
   * e.g. {@code .q4-g64.safetensors}, for upstream's tools take the usual one for granted.
   */
  public String suffix() {
    if (bits == 0) {
      return ".safetensors";
    }
    String group = USUAL.contains(this) ? "" : "-g" + groupSize;
    return "." + label() + group + ".safetensors";
  }
}
