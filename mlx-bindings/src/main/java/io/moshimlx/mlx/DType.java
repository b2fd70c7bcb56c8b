package io.moshimlx.mlx;

import io.moshimlx.mlx.c.MlxC;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The type of an array's elements. */
public enum DType {
  BOOL(MlxC.MLX_BOOL(), 1, Kind.INTEGER),
  UINT8(MlxC.MLX_UINT8(), 1, Kind.INTEGER),
  UINT16(MlxC.MLX_UINT16(), 2, Kind.INTEGER),
  UINT32(MlxC.MLX_UINT32(), 4, Kind.INTEGER),
  UINT64(MlxC.MLX_UINT64(), 8, Kind.INTEGER),
  INT8(MlxC.MLX_INT8(), 1, Kind.INTEGER),
  INT16(MlxC.MLX_INT16(), 2, Kind.INTEGER),
  INT32(MlxC.MLX_INT32(), 4, Kind.INTEGER),
  INT64(MlxC.MLX_INT64(), 8, Kind.INTEGER),
  FLOAT16(MlxC.MLX_FLOAT16(), 2, Kind.FLOATING),
  FLOAT32(MlxC.MLX_FLOAT32(), 4, Kind.FLOATING),
  FLOAT64(MlxC.MLX_FLOAT64(), 8, Kind.FLOATING),
  BFLOAT16(MlxC.MLX_BFLOAT16(), 2, Kind.FLOATING),
  COMPLEX64(MlxC.MLX_COMPLEX64(), 8, Kind.COMPLEX);

  private enum Kind {
    INTEGER,
    FLOATING,
    COMPLEX
  }

  private static final DType[] BY_CODE = byCode();

  private final int code;
  private final int size;
  private final Kind kind;

  DType(int code, int size, Kind kind) {
    this.code = code;
    this.size = size;
    this.kind = kind;
  }

  /** Bytes an element takes. */
  public int size() {
    return size;
  }

  /** Whether this is one of the real floating-point types. */
  public boolean isFloating() {
    return kind == Kind.FLOATING;
  }

  /** Whether this is an integer type or {@link #BOOL}. */
  public boolean isInteger() {
    return kind == Kind.INTEGER;
  }

  int code() {
    return code;
  }

  static DType of(int code) {
    return BY_CODE[code];
  }

  /** Writes {@code value} as one element of this type, rounded to nearest. */
  void encode(float value, MemorySegment to) {
    if (isInteger() && this != BOOL && value != Math.rint(value)) {
      throw new IllegalArgumentException(value + " is not a value of " + this);
    }
    switch (this) {
      case BOOL -> to.set(ValueLayout.JAVA_BYTE, 0, (byte) (value != 0 ? 1 : 0));
      case UINT8, INT8 -> to.set(ValueLayout.JAVA_BYTE, 0, (byte) (int) value);
      case UINT16, INT16 -> to.set(ValueLayout.JAVA_SHORT, 0, (short) (int) value);
      case UINT32, INT32 -> to.set(ValueLayout.JAVA_INT, 0, (int) (long) value);
      case UINT64, INT64 -> to.set(ValueLayout.JAVA_LONG, 0, (long) value);
      case FLOAT16 -> to.set(ValueLayout.JAVA_SHORT, 0, Float.floatToFloat16(value));
      case BFLOAT16 -> to.set(ValueLayout.JAVA_SHORT, 0, toBfloat16(value));
      case FLOAT32 -> to.set(ValueLayout.JAVA_FLOAT, 0, value);
      case FLOAT64 -> to.set(ValueLayout.JAVA_DOUBLE, 0, value);
      case COMPLEX64 -> {
        to.set(ValueLayout.JAVA_FLOAT, 0, value);
        to.set(ValueLayout.JAVA_FLOAT, 4, 0f);
      }
    }
  }

  private static short toBfloat16(float value) {
    int bits = Float.floatToIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16);
    }
    int toNearestEven = 0x7fff + ((bits >>> 16) & 1);
    return (short) ((bits + toNearestEven) >>> 16);
  }

  private static DType[] byCode() {
    DType[] table = new DType[values().length];
    for (DType type : values()) {
      table[type.code] = type;
    }
    return table;
  }
}
