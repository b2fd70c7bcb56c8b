package io.moshimlx.checkpoint;

import io.moshimlx.mlx.MlxArray;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a checkpoint file names and packs its tensors. The model's classes ask by the keys of MLX's
 * layout.
 */
public interface Layout {

  /** The beginning of the key of a slice's tensor in MLX's layout. */
  Pattern SLICE = Pattern.compile("depformer\\.slices\\.(?<index>\\d{1,4})\\.");

  /** MLX's own: every tensor under its key. */
  Layout MLX = Place::new;

  /**
   * Where a tensor is to be found.
   *
   * @param key in the file
   * @param stored shape of what the file holds under that key
   * @param shape of the tensor asked for
   * @param view the tensor asked for, out of that of the file
   */
  record Place(
      String key, List<Integer> stored, List<Integer> shape, UnaryOperator<MlxArray> view) {
    public Place(String key, List<Integer> stored, int[] shape, UnaryOperator<MlxArray> view) {
      this(key, stored, Arrays.stream(shape).boxed().toList(), view);
    }

    /** A tensor that is as it is asked for. */
    public Place(String key, List<Integer> shape) {
      this(key, shape, shape, UnaryOperator.identity());
    }

    public Place(String key, int... shape) {
      this(key, Arrays.stream(shape).boxed().toList());
    }
  }

  /** Finds a tensor by its key in MLX's layout and the shape that it must have. */
  Place place(String key, int... shape);

  /**
   * Whether a key of the file belongs to the depformer's slices from a certain one on, and to no
   * earlier one.
   */
  default boolean isOfSlicesFrom(int first, String key) {
    Matcher slice = SLICE.matcher(key);
    return slice.lookingAt() && Integer.parseInt(slice.group("index")) >= first;
  }

  /** The layout of a file, by its keys. */
  static Layout of(Map<String, MlxArray> tensors, DepformerConfig depformer) {
    return tensors.containsKey(PyTorchLayout.SIGN) ? new PyTorchLayout(tensors, depformer) : MLX;
  }
}
