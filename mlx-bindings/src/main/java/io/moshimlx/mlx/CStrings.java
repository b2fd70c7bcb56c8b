package io.moshimlx.mlx;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The C strings that name variants of operations. */
final class CStrings {
  static final MemorySegment EMPTY = Arena.global().allocateFrom("");
  static final MemorySegment AFFINE = Arena.global().allocateFrom("affine");
  static final MemorySegment ARRAY = Arena.global().allocateFrom("array");
  static final MemorySegment LEFT = Arena.global().allocateFrom("left");
  static final MemorySegment RIGHT = Arena.global().allocateFrom("right");

  private CStrings() {}
}
