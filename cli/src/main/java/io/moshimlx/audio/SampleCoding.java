package io.moshimlx.audio;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** How one sample is stored, in the byte order of its buffer. */
enum SampleCoding {
  UNSIGNED_8(1),
  SIGNED_8(1),
  SIGNED_16(2),
  SIGNED_24(3),
  SIGNED_32(4),
  FLOAT_16(2),
  FLOAT_32(4),
  FLOAT_64(8),
  A_LAW(1),
  MU_LAW(1);

  private final int bytes;

  SampleCoding(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes a sample. */
  int bytes() {
    return bytes;
  }

  /** One sample, nominally in −1..1. */
  float decode(ByteBuffer buffer, int at) {
    return switch (this) {
      case UNSIGNED_8 -> ((buffer.get(at) & 0xff) - 128) / 0x1p7f;
      case SIGNED_8 -> buffer.get(at) / 0x1p7f;
      case SIGNED_16 -> buffer.getShort(at) / 0x1p15f;
      case SIGNED_24 -> signed24(buffer, at) / 0x1p23f;
      case SIGNED_32 -> buffer.getInt(at) / 0x1p31f;
      case FLOAT_16 -> Float.float16ToFloat(buffer.getShort(at));
      case FLOAT_32 -> buffer.getFloat(at);
      case FLOAT_64 -> (float) buffer.getDouble(at);
      case A_LAW -> aLaw(buffer.get(at)) / 0x1p15f;
      case MU_LAW -> muLaw(buffer.get(at)) / 0x1p15f;
    };
  }

  /** Signed integers of 1 to 4 bytes. */
  static SampleCoding signed(int bytes) {
    return switch (bytes) {
      case 1 -> SIGNED_8;
      case 2 -> SIGNED_16;
      case 3 -> SIGNED_24;
      case 4 -> SIGNED_32;
      default -> throw new IllegalArgumentException(bytes + " bytes");
    };
  }

  /** Floating point of 2, 4 or 8 bytes. */
  static SampleCoding floating(int bytes) {
    return switch (bytes) {
      case 2 -> FLOAT_16;
      case 4 -> FLOAT_32;
      case 8 -> FLOAT_64;
      default -> throw new IllegalArgumentException(bytes + " bytes");
    };
  }

  private static int signed24(ByteBuffer bytes, int at) {
    boolean bigEndian = bytes.order() == ByteOrder.BIG_ENDIAN;
    int high = bytes.get(bigEndian ? at : at + 2);
    int low = bytes.get(bigEndian ? at + 2 : at) & 0xff;
    return high << 16 | (bytes.get(at + 1) & 0xff) << 8 | low;
  }

  /** G.711: sign, three bits of exponent, four of mantissa; even bits are inverted. */
  private static int aLaw(byte stored) {
    int code = stored ^ 0x55;
    int exponent = (code & 0x70) >> 4;
    int mantissa = ((code & 0x0f) << 4) + 8;
    int magnitude = exponent == 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
    return (code & 0x80) != 0 ? magnitude : -magnitude;
  }

  /** G.711: sign, three bits of exponent, four of mantissa, all inverted. */
  private static int muLaw(byte stored) {
    int code = ~stored;
    int magnitude = ((((code & 0x0f) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84;
    return (code & 0x80) != 0 ? -magnitude : magnitude;
  }
}
