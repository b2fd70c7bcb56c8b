package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_vector_array_free;
import static io.moshimlx.mlx.c.MlxC.mlx_vector_array_get;
import static io.moshimlx.mlx.c.MlxC.mlx_vector_array_new_data;
import static io.moshimlx.mlx.c.MlxC.mlx_vector_array_size;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** MLX's vectors of arrays, as arguments and as results of calls. */
final class ArrayVectors {
  private final ThreadContext context;

  ArrayVectors(ThreadContext context) {
    this.context = context;
  }

  /** A new vector of the arrays, to be freed by the caller. */
  long of(MlxArray... arrays) {
    MemorySegment handles = handles(arrays.length);
    for (int i = 0; i < arrays.length; i++) {
      handles.setAtIndex(JAVA_LONG, i, arrays[i].handle(context));
    }
    return of(handles, arrays.length);
  }

  /** A new vector of the arrays, to be freed by the caller. */
  long of(List<MlxArray> arrays) {
    MemorySegment handles = handles(arrays.size());
    for (int i = 0; i < arrays.size(); i++) {
      handles.setAtIndex(JAVA_LONG, i, arrays.get(i).handle(context));
    }
    return of(handles, arrays.size());
  }

  /** A new vector of two arrays, to be freed by the caller. */
  long of(MlxArray first, MlxArray second) {
    MemorySegment handles = handles(2);
    handles.setAtIndex(JAVA_LONG, 0, first.handle(context));
    handles.setAtIndex(JAVA_LONG, 1, second.handle(context));
    return of(handles, 2);
  }

  /** A new vector of three arrays, to be freed by the caller. */
  long of(MlxArray first, MlxArray second, MlxArray third) {
    MemorySegment handles = handles(3);
    handles.setAtIndex(JAVA_LONG, 0, first.handle(context));
    handles.setAtIndex(JAVA_LONG, 1, second.handle(context));
    handles.setAtIndex(JAVA_LONG, 2, third.handle(context));
    return of(handles, 3);
  }

  /** A new vector of one array, to be freed by the caller. */
  long of(long handle) {
    MemorySegment handles = handles(1);
    handles.set(JAVA_LONG, 0, handle);
    return of(handles, 1);
  }

  private MemorySegment handles(int size) {
    return context.arguments().scratch(size * JAVA_LONG.byteSize());
  }

  private static long of(MemorySegment handles, int size) {
    long vector = mlx_vector_array_new_data(handles, size);
    if (vector == 0) {
      throw Errors.take("vector");
    }
    return vector;
  }

  /** The arrays that the last call left in {@link ThreadContext#out} as a vector. */
  MlxArray[] results(int status, String operation) {
    context.check(status, operation);
    long vector = context.takeOut();
    try {
      return unpack(vector, operation);
    } finally {
      mlx_vector_array_free(vector);
    }
  }

  /** The results of a call that makes as many arrays as {@code to} has room for. */
  void results(int status, String operation, MlxArray[] to) {
    context.check(status, operation);
    long vector = context.takeOut();
    try {
      unpack(vector, operation, to);
    } finally {
      mlx_vector_array_free(vector);
    }
  }

  /** The result of a call that makes a vector of one array. */
  MlxArray onlyResult(int status, String operation) {
    context.check(status, operation);
    long vector = context.takeOut();
    try {
      long size = mlx_vector_array_size(vector);
      if (size != 1) {
        throw new IllegalStateException(operation + ": " + size + " results were taken for one");
      }
      return element(vector, 0, operation);
    } finally {
      mlx_vector_array_free(vector);
    }
  }

  /** The arrays of a vector; the innermost scope's. */
  MlxArray[] unpack(long vector, String operation) {
    MlxArray[] arrays = new MlxArray[Math.toIntExact(mlx_vector_array_size(vector))];
    unpack(vector, operation, arrays);
    return arrays;
  }

  private void unpack(long vector, String operation, MlxArray[] to) {
    for (int i = 0; i < to.length; i++) {
      to[i] = element(vector, i, operation);
    }
  }

  private MlxArray element(long vector, int index, String operation) {
    return context.result(mlx_vector_array_get(context.out(), vector, index), operation);
  }
}
