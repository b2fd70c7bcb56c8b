package io.moshimlx.mlx;

import io.moshimlx.mlx.c.mlx_optional_dtype_;
import io.moshimlx.mlx.c.mlx_optional_float_;
import io.moshimlx.mlx.c.mlx_optional_int_;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** mlx-c's structs for values that may be left out, each reused by every call of its thread. */
final class Optionals {
  private final MemorySegment noDtype;
  private final MemorySegment aFloat;
  private final MemorySegment groupSize;
  private final MemorySegment bits;

  Optionals(Arena arena) {
    noDtype = mlx_optional_dtype_.allocate(arena);
    aFloat = mlx_optional_float_.allocate(arena);
    groupSize = mlx_optional_int_.allocate(arena);
    bits = mlx_optional_int_.allocate(arena);
    mlx_optional_float_.has_value(aFloat, true);
    mlx_optional_int_.has_value(groupSize, true);
    mlx_optional_int_.has_value(bits, true);
  }

  MemorySegment noDtype() {
    return noDtype;
  }

  MemorySegment of(float value) {
    mlx_optional_float_.value(aFloat, value);
    return aFloat;
  }

  MemorySegment groupSize(int value) {
    mlx_optional_int_.value(groupSize, value);
    return groupSize;
  }

  MemorySegment bits(int value) {
    mlx_optional_int_.value(bits, value);
    return bits;
  }
}
