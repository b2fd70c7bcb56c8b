package io.moshimlx.mlx;

/**
 * The scalars that one thread used last. Models use few, and making one costs as much as an
 * operation.
 */
final class Scalars {
  private static final int SLOTS = 64;

  private final ThreadContext owner;
  private final MlxArray[] arrays = new MlxArray[SLOTS];
  private final float[] values = new float[SLOTS];
  private final DType[] types = new DType[SLOTS];

  Scalars(ThreadContext owner) {
    this.owner = owner;
  }

  MlxArray get(float value, DType dtype) {
    int hash = Float.floatToRawIntBits(value) * 0x9E3779B1 + dtype.code() * 0x85EBCA6B;
    int slot = hash >>> (Integer.SIZE - Integer.numberOfTrailingZeros(SLOTS));
    if (types[slot] == dtype && Float.compare(values[slot], value) == 0) {
      return arrays[slot];
    }
    MlxArray scalar = new MlxArray(owner, owner.arguments().scalar(value, dtype), true);
    if (arrays[slot] != null) {
      arrays[slot].close();
    }
    arrays[slot] = scalar;
    values[slot] = value;
    types[slot] = dtype;
    return scalar;
  }
}
