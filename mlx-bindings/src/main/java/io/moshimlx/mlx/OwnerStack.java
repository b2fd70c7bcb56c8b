package io.moshimlx.mlx;

import java.util.Arrays;

/** The open scopes of one thread, and the arrays that they own. */
final class OwnerStack {
  private final ThreadContext context;

  /** Those of open scopes; past them, those that recycling scopes have left. */
  private MlxArray[] arrays = new MlxArray[256];

  private int size;
  private MlxScope innermost;

  OwnerStack(ThreadContext context) {
    this.context = context;
  }

  /** The innermost open scope, or null. */
  MlxScope innermost() {
    return innermost;
  }

  /** Makes {@code scope} the innermost one; returns how many arrays the outer ones own. */
  int open(MlxScope scope) {
    innermost = scope;
    return size;
  }

  /**
   * Gives a new handle to the innermost scope.
   *
   * @return its array
   */
  MlxArray own(long handle) {
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

  /**
   * Closes the innermost scope: frees its arrays, but for those that were retained.
   *
   * @param outer the innermost one from now on
   * @param base how many arrays the outer ones own
   * @param recycles keeps the Java objects for arrays to come
   */
  void close(MlxScope outer, int base, boolean recycles) {
    innermost = outer;
    for (int i = size - 1; i >= base; i--) {
      boolean retained = !arrays[i].release();
      if (retained || !recycles) {
        arrays[i] = null;
      }
    }
    size = base;
  }
}
