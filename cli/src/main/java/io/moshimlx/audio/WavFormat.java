package io.moshimlx.audio;

import io.moshimlx.recording.AudioFileException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What the chunk {@code fmt } of a WAV file says of its samples.
 *
 * <p>Programs disagree on samples that are narrower than the bytes they are stored in, and write
 * wrong widths beside right ones; so there the samples themselves are looked at.
 *
 * @param tag 1 for integers, 3 for floating point, 6 and 7 for A-law and µ-law
 * @param align bytes of a sample of all channels, as stated
 * @param bits of a sample, as stated, or what its bytes hold
 * @param valid bits that are in use; below {@code bits} where fewer are
 * @param extensible whether it is in the long form, which states what the short one leaves open
 */
record WavFormat(
    int tag,
    int channels,
    int rate,
    int align,
    int bits,
    int valid,
    boolean extensible,
    ByteOrder order) {
  private static final int INTEGER = 1;
  private static final int FLOAT = 3;
  private static final int A_LAW = 6;
  private static final int MU_LAW = 7;
  private static final int EXTENSIBLE = 0xfffe;

  /** How the identifiers end that hold a tag, and those for ambisonic sound that do. */
  private static final long TAG_FAMILY = 0x800000aa00389b71L;

  private static final long AMBISONIC_FAMILY = 0x8644c8c1ca000000L;

  private static final int MAX_CHANNELS = 4096;
  private static final int SHORTEST = 14;
  private static final int EXTENSIBLE_LENGTH = 40;

  /** Bytes of the chunk that matter. */
  static final int LENGTH = EXTENSIBLE_LENGTH;

  /**
   * How samples lie in the file.
   *
   * @param stride bytes from a channel's sample to the next channel's
   * @param gain by which what is decoded is multiplied
   */
  record Layout(SampleCoding coding, int channels, int stride, float gain, ByteOrder order) {
    int frameBytes() {
      return channels * stride;
    }
  }

  /**
   * Reads the chunk.
   *
   * @throws AudioFileException if samples of that kind are not understood
   */
  static WavFormat parse(byte[] chunk, ByteOrder order) {
    if (chunk.length < SHORTEST) {
      throw new AudioFileException("is damaged: it does not say how its samples are stored");
    }
    ByteBuffer fields = ByteBuffer.wrap(chunk).order(order);
    int tag = Short.toUnsignedInt(fields.getShort(0));
    int channels = Short.toUnsignedInt(fields.getShort(2));
    int rate = fields.getInt(4);
    int align = Short.toUnsignedInt(fields.getShort(12));
    int bits = chunk.length < 16 ? 0 : Short.toUnsignedInt(fields.getShort(14));
    if (channels == 0 || channels > MAX_CHANNELS) {
      throw new AudioFileException("holds sound of %d channels".formatted(channels));
    }
    Recordings.checkRate(rate);
    if (bits == 0) {
      bits = align / channels * Byte.SIZE;
    }
    int valid = bits;
    boolean extensible = tag == EXTENSIBLE;
    if (extensible && chunk.length >= EXTENSIBLE_LENGTH) {
      int stated = Short.toUnsignedInt(fields.getShort(18));
      valid = stated > 0 && stated < bits ? stated : bits;
      tag = tagOf(fields);
    } else if (extensible) {
      tag = INTEGER;
    }
    WavFormat format = new WavFormat(tag, channels, rate, align, bits, valid, extensible, order);
    format.check();
    return format;
  }

  /** The tag that an identifier of the long form stands for. */
  private static int tagOf(ByteBuffer fields) {
    int tag = fields.getInt(24);
    long family = fields.duplicate().order(ByteOrder.BIG_ENDIAN).getLong(32);
    if (family != TAG_FAMILY && family != AMBISONIC_FAMILY) {
      throw new AudioFileException("holds sound of a kind that is not understood");
    }
    return tag;
  }

  private void check() {
    boolean understood =
        switch (tag) {
          case INTEGER -> bits > 0 && bits <= Integer.SIZE;
          case FLOAT -> bits > 0;
          case A_LAW, MU_LAW -> true;
          default -> false;
        };
    if (!understood) {
      throw new AudioFileException("holds %s, which is not understood".formatted(kind()));
    }
  }

  private String kind() {
    return switch (tag) {
      case INTEGER, FLOAT -> "samples of %d bits".formatted(bits);
      case 2, 0x11 -> "ADPCM sound";
      case 0x31 -> "GSM sound";
      case 0x50, 0x55 -> "MPEG sound";
      case 0x160, 0x161, 0x162, 0x163 -> "Windows Media sound";
      case 0x2000 -> "Dolby Digital sound";
      default -> "sound of kind 0x%04x".formatted(tag);
    };
  }

  /** Whether only the samples show how they lie. */
  boolean needsLook() {
    return tag == INTEGER && bits > Byte.SIZE && (stated() > packed() || valid < packed() * 8);
  }

  /** Bytes to look at: a whole number of samples, however they lie. */
  int lookBytes() {
    int all = channels * packed() * Math.max(1, stated());
    return Math.max(1, ByteFeed.MOST_AHEAD / all) * all;
  }

  /** Bytes of a sample without any that are there to fill. */
  private int packed() {
    return Math.ceilDiv(bits, Byte.SIZE);
  }

  /** Bytes of a sample as the block alignment has it; 0 where that cannot be. */
  private int stated() {
    return align % channels == 0 && align / channels <= Integer.BYTES ? align / channels : 0;
  }

  /**
   * How samples lie.
   *
   * @param sound the first of them that are not silence, where it {@link #needsLook}
   */
  Layout layout(byte[] sound) {
    return switch (tag) {
      case A_LAW -> packed(SampleCoding.A_LAW, 1);
      case MU_LAW -> packed(SampleCoding.MU_LAW, 1);
      case FLOAT -> floating();
      default -> bits <= Byte.SIZE ? packed(SampleCoding.UNSIGNED_8, 1) : integers(sound);
    };
  }

  private Layout packed(SampleCoding coding, float gain) {
    return new Layout(coding, channels, coding.bytes(), gain, order);
  }

  private Layout floating() {
    int bytes = bits == 16 || bits == 32 || bits == 64 ? bits / Byte.SIZE : align / channels;
    if (bytes != 2 && bytes != 4 && bytes != 8) {
      throw new AudioFileException("holds %s, which is not understood".formatted(kind()));
    }
    return packed(SampleCoding.floating(bytes), 1);
  }

  private Layout integers(byte[] sound) {
    int wide = stated() > packed() ? stated() : packed();
    if (!needsLook()) {
      return packed(SampleCoding.signed(packed()), 1);
    }
    int unused = wide * Byte.SIZE - valid;
    boolean high = true;
    boolean low = true;
    ByteBuffer bytes = ByteBuffer.wrap(sound).order(order);
    for (int at = 0; at + wide <= sound.length; at += wide) {
      int value = integer(bytes, at, wide);
      high &= (value & ((1L << unused) - 1)) == 0;
      low &= value >> (valid - 1) == 0 || value >> (valid - 1) == -1;
    }
    if (wide > packed() && !high && !low) {
      // The block alignment is wrong: samples so wide make no sense.
      return packed(SampleCoding.signed(packed()), 1);
    }
    boolean inLowBits = low && !(high && (extensible || wide == packed()));
    return packed(SampleCoding.signed(wide), inLowBits ? Math.scalb(1f, unused) : 1);
  }

  private static int integer(ByteBuffer bytes, int at, int width) {
    int value = 0;
    for (int i = 0; i < width; i++) {
      int index = bytes.order() == ByteOrder.BIG_ENDIAN ? at + i : at + width - 1 - i;
      value = value << Byte.SIZE | (bytes.get(index) & 0xff);
    }
    int above = Integer.SIZE - width * Byte.SIZE;
    return value << above >> above;
  }
}
