package io.moshimlx.mlx.nn;

import io.moshimlx.mlx.MlxArray;
import java.util.function.UnaryOperator;

/** A layer from one array to one. */
@FunctionalInterface
public interface UnaryLayer extends UnaryOperator<MlxArray> {}
