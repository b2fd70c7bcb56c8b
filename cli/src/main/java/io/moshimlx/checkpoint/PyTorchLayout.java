package io.moshimlx.checkpoint;

import static io.moshimlx.mlx.Indexing.slice;
import static io.moshimlx.mlx.Shapes.reshape;

import io.moshimlx.mlx.MlxArray;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * The layout of Kyutai's and NVIDIA's PyTorch repositories. Helium differs in names; the depformer
 * is one transformer there, whose attention weights of all slices stand one below another.
 */
public final class PyTorchLayout implements Layout {
  /** A key that only this layout has. */
  public static final String SIGN = "out_norm.alpha";

  private static final Pattern IN_SLICE =
      Pattern.compile("depformer\\.slices\\.(?<index>\\d+)\\.(?<part>\\w+)\\.(?<rest>.+)");

  /** Tensors of one set of weights, or of one slice ({@code linears} and {@code depformer_emb}). */
  private static final Pattern OWN =
      Pattern.compile(
          "(?<part>depformer_in|linears|depformer_emb|depformer\\.layers\\.\\d+\\.gating)"
              + "\\.(?<index>\\d{1,4})\\..+");

  private static final Pattern NORM = Pattern.compile("(?<name>.*norm\\d?)\\.weight");

  /**
   * Of 16 slices, a file made from Moshi's has the weights of the first 8: those of the others are
   * the same again.
   */
  private static final int COPIED = 8;

  private final Map<String, MlxArray> tensors;
  private final DepformerConfig depformer;

  public PyTorchLayout(Map<String, MlxArray> tensors, DepformerConfig depformer) {
    this.tensors = tensors;
    this.depformer = depformer;
  }

  @Override
  public Place place(String key, int... shape) {
    Matcher slice = IN_SLICE.matcher(key);
    return slice.matches()
        ? inSlice(
            Integer.parseInt(slice.group("index")), slice.group("part"), slice.group("rest"), shape)
        : renamed(key.replaceFirst("^audio_embs\\.", "emb."), shape);
  }

  @Override
  public boolean isOfSlicesFrom(int first, String key) {
    Matcher own = OWN.matcher(key);
    if (!own.matches()) {
      return false;
    }
    int index = Integer.parseInt(own.group("index"));
    return switch (own.group("part")) {
      case "linears" -> index >= first;
      // The embedding before a slice, whose first reads the text's.
      case "depformer_emb" -> index + 1 >= first;
      default -> !depformer.weightSchedule().subList(0, first).contains(index);
    };
  }

  private Place inSlice(int index, String part, String rest, int... shape) {
    int set = depformer.weightSchedule().get(index);
    return switch (part) {
      case "linear_in" -> new Place(held(i -> "depformer_in." + i + "." + rest, set), shape);
      case "linear_out" -> new Place(held(i -> "linears." + i + "." + rest, index), shape);
      case "emb" ->
          new Place(
              index == 0
                  ? "depformer_text_emb." + rest
                  : held(i -> "depformer_emb." + i + "." + rest, index - 1),
              shape);
      default -> inTransformer("depformer." + rest, set, shape);
    };
  }

  private Place inTransformer(String key, int set, int... shape) {
    if (key.contains(".gating.")) {
      return new Place(held(i -> key.replace(".gating.", ".gating." + i + "."), set), shape);
    }
    return key.contains(".self_attn.")
        ? stacked(renamed(key, shape).key(), set, shape)
        : renamed(key, shape);
  }

  /** The part of one set of weights, where those of all sets are joined along the first axis. */
  private Place stacked(String key, int set, int... shape) {
    int rows = shape[0];
    MlxArray stored = tensors.get(key);
    boolean copied =
        depformer.weightSets() == 2 * COPIED
            && stored != null
            && stored.ndim() == 2
            && stored.dim(0) == COPIED * rows;
    int sets = copied ? COPIED : depformer.weightSets();
    int first = set % sets * rows;
    return new Place(
        key, List.of(sets * rows, shape[1]), shape, all -> slice(all, 0, first, first + rows));
  }

  private static Place renamed(String key, int... shape) {
    Matcher norm = NORM.matcher(key);
    return norm.matches()
        ? new Place(
            norm.group("name") + ".alpha",
            List.of(1, 1, shape[0]),
            shape,
            alpha -> reshape(alpha, shape))
        : new Place(key.replace("in_proj.weight", "in_proj_weight"), shape);
  }

  /** The key of a set of weights, or of the one that stands in for it. */
  private String held(IntFunction<String> key, int set) {
    boolean copied =
        set >= COPIED
            && set < 2 * COPIED
            && IntStream.range(COPIED, 2 * COPIED).mapToObj(key).noneMatch(tensors::containsKey)
            && tensors.containsKey(key.apply(set - COPIED));
    return key.apply(copied ? set - COPIED : set);
  }
}
