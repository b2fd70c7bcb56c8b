package io.moshimlx.model;

import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.MlxFunction;
import io.moshimlx.mlx.Transforms;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** The arrays and compiled functions that live as long as a model does. */
final class Owned implements AutoCloseable {
  private final List<MlxArray> arrays = new ArrayList<>();
  private final List<MlxFunction> functions = new ArrayList<>();

  /** Takes an array out of its scope. */
  MlxArray keep(MlxArray array) {
    arrays.add(array.retain());
    return array;
  }

  /** Compiles a function of one result, for each shape of its arguments anew. */
  MlxFunction compile(Function<MlxArray[], MlxArray> function) {
    MlxFunction compiled = Transforms.compile(in -> new MlxArray[] {function.apply(in)}, false);
    functions.add(compiled);
    return compiled;
  }

  /** All arrays that were kept. */
  List<MlxArray> arrays() {
    return arrays;
  }

  @Override
  public void close() {
    functions.forEach(MlxFunction::close);
    arrays.forEach(MlxArray::close);
  }
}
