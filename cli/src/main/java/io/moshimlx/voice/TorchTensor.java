package io.moshimlx.voice;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A tensor of a file of PyTorch's: a view of a storage, which holds the numbers.
 *
 * @param offset of its first number in the storage
 * @param strides by how many numbers each dimension moves on
 */
record TorchTensor(Storage storage, long offset, List<Long> shape, List<Long> strides) {

  /** Kinds of numbers. */
  enum Kind {
    FLOAT32("FloatStorage", 4),
    FLOAT16("HalfStorage", 2),
    BFLOAT16("BFloat16Storage", 2),
    INT64("LongStorage", 8),
    INT32("IntStorage", 4);

    private final String type;
    private final int bytes;

    Kind(String type, int bytes) {
      this.type = "torch " + type;
      this.bytes = bytes;
    }

    /** The kind that a storage type of PyTorch holds, named as a pickle does. */
    static Optional<Kind> of(String type) {
      return Stream.of(values()).filter(kind -> kind.type.equals(type)).findFirst();
    }

    /** Bytes of one number. */
    int bytes() {
      return bytes;
    }

    boolean isFloating() {
      return this == FLOAT32 || this == FLOAT16 || this == BFLOAT16;
    }

    private double at(ByteBuffer data, int index) {
      return switch (this) {
        case FLOAT32 -> data.getFloat(index * bytes);
        case FLOAT16 -> Float.float16ToFloat(data.getShort(index * bytes));
        case BFLOAT16 -> Float.intBitsToFloat(data.getShort(index * bytes) << Short.SIZE);
        case INT64 -> data.getLong(index * bytes);
        case INT32 -> data.getInt(index * bytes);
      };
    }
  }

  /**
   * Where numbers are kept.
   *
   * @param key names the file's entry that holds them
   * @param length in numbers
   */
  record Storage(Kind kind, String key, long length) {}

  /** Whether all of it is inside its storage, and no larger than that; only then it can be read. */
  boolean isSound() {
    if (shape.size() != strides.size() || offset < 0 || storage.length() < 0) {
      return false;
    }
    long count = 1;
    long last = offset;
    try {
      for (int i = 0; i < shape.size(); i++) {
        if (shape.get(i) < 1 || strides.get(i) < 0) {
          return false;
        }
        count = Math.multiplyExact(count, shape.get(i));
        long reach = Math.multiplyExact(shape.get(i) - 1, strides.get(i));
        last = Math.addExact(last, reach);
      }
    } catch (ArithmeticException e) {
      return false;
    }
    return count <= storage.length() && last < storage.length();
  }

  /** The dimensions of a tensor that {@link #isSound}. */
  int[] dims() {
    return shape.stream().mapToInt(Math::toIntExact).toArray();
  }

  /**
   * The numbers, row by row.
   *
   * @param data the storage's, little-endian
   */
  double[] values(ByteBuffer data) {
    double[] values = new double[Math.toIntExact(shape.stream().reduce(1L, (a, b) -> a * b))];
    int[] dims = dims();
    int[] index = new int[dims.length];
    for (int i = 0; i < values.length; i++) {
      long place = offset;
      for (int axis = 0; axis < dims.length; axis++) {
        place += index[axis] * strides.get(axis);
      }
      values[i] = storage.kind().at(data, Math.toIntExact(place));
      for (int axis = dims.length - 1; axis >= 0 && ++index[axis] == dims[axis]; axis--) {
        index[axis] = 0;
      }
    }
    return values;
  }
}
