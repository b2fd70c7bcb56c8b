package io.moshimlx.mlx.nn;

import io.moshimlx.mlx.MlxArray;

/** A layer from one array to one. */
@FunctionalInterface
public interface UnaryLayer {
  MlxArray apply(MlxArray x);
}
