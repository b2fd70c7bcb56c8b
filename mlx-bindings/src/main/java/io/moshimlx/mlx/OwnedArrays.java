package io.moshimlx.mlx;

import java.util.Arrays;

/**
 * A stack of the arrays that scopes of one thread own, those of an inner scope above the others.
 */
final class OwnedArrays {
  private final ThreadContext context;
  private final boolean recycles;

  /** Past those of open scopes, where it recycles, those that closed ones have left. */
  private MlxArray[] arrays = new MlxArray[256];

  private int size;

  /**
   * @param recycles whether the Java objects of freed arrays become arrays to come
   */
  OwnedArrays(ThreadContext context, boolean recycles) {
    this.context = context;
    this.recycles = recycles;
  }

  int size() {
    return size;
  }

  /** The array of a new handle, on top of the others. */
  MlxArray add(long handle) {
    if (size == arrays.length) {
      arrays = Arrays.copyOf(arrays, 2 * size);
    }
    MlxArray array = arrays[size];
    if (array == null) {
      array = new MlxArray(context, handle, false);
      arrays[size] = array;
    } else {
      array.become(handle);
    }
    size++;
    return array;
  }

  /** Frees all but the lowest {@code kept}, and those that were retained. */
  void free(int kept) {
    for (int i = size - 1; i >= kept; i--) {
      boolean retained = !arrays[i].release();
      if (retained || !recycles) {
        arrays[i] = null;
      }
    }
    size = kept;
  }
}
