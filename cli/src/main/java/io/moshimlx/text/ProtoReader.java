package io.moshimlx.text;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads the fields of a protocol buffer, one after the other. A field is known by its tag, {@code
 * number << 3 | wire type}.
 */
final class ProtoReader {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED32 = 5;

  /** Bits of a number in its bytes: seven in each but the last of ten. */
  private static final int LAST_SHIFT = 63;

  private final byte[] bytes;
  private final int end;
  private int at;

  /** The bytes are no such message, or not all of it. */
  static final class DamagedException extends Exception {
    DamagedException(String message) {
      super(message);
    }
  }

  /** Reads a message that is all of the bytes. */
  ProtoReader(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  private ProtoReader(byte[] bytes, int from, int end) {
    this.bytes = bytes;
    this.end = end;
    at = from;
  }

  /**
   * The tag of the next field, which is to be read or skipped then.
   *
   * @return 0 at the end of the message
   */
  int next() throws DamagedException {
    if (at == end) {
      return 0;
    }
    long tag = varint();
    if (tag >>> 3 == 0 || tag >>> Integer.SIZE != 0) {
      throw new DamagedException("field of the tag " + Long.toUnsignedString(tag));
    }
    return (int) tag;
  }

  /** Passes over a field that is not known. */
  void skip(int tag) throws DamagedException {
    switch (tag & 7) {
      case VARINT -> varint();
      case FIXED64 -> take(Long.BYTES);
      case LENGTH_DELIMITED -> take(length());
      case FIXED32 -> take(Integer.BYTES);
      default -> throw new DamagedException("field of the wire type " + (tag & 7));
    }
  }

  /** A number of at most 64 bits. */
  long varint() throws DamagedException {
    long value = 0;
    for (int shift = 0; shift <= LAST_SHIFT; shift += 7) {
      byte b = bytes[take(1)];
      if (shift == LAST_SHIFT && (b & 0xFE) != 0) {
        break;
      }
      value |= (b & 0x7FL) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new DamagedException("number of more than 64 bits");
  }

  boolean bool() throws DamagedException {
    return varint() != 0;
  }

  float float32() throws DamagedException {
    int from = take(Float.BYTES);
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getFloat(from);
  }

  /** A text, which has to be UTF-8. */
  String string() throws DamagedException {
    int length = length();
    ByteBuffer text = ByteBuffer.wrap(bytes, take(length), length);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(text).toString();
    } catch (CharacterCodingException e) {
      throw new DamagedException("text that is not UTF-8");
    }
  }

  byte[] bytes() throws DamagedException {
    int length = length();
    int from = take(length);
    return Arrays.copyOfRange(bytes, from, from + length);
  }

  /** A message within this one. */
  ProtoReader message() throws DamagedException {
    int length = length();
    int from = take(length);
    return new ProtoReader(bytes, from, from + length);
  }

  private int length() throws DamagedException {
    long length = varint();
    if (length < 0 || length > end - at) {
      throw new DamagedException("field that is longer than its message");
    }
    return (int) length;
  }

  /** Moves on; where the bytes that are passed over begin. */
  private int take(int length) throws DamagedException {
    if (length > end - at) {
      throw new DamagedException("field that is longer than its message");
    }
    int from = at;
    at += length;
    return from;
  }
}
