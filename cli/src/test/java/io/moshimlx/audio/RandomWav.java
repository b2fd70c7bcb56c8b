package io.moshimlx.audio;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;

/**
 * A WAV file as programs write them, crashed ones too, with the samples that are in it. It is
 * written field by field as numbers of so many bytes, and knows nothing of the reader.
 */
final class RandomWav {
  private static final String RIFF_GUID_END = "2e91cf11a5d628db04c10000";
  private static final String WAVE_GUID_END = "f3acd3118cd100c04f8edb8a";
  private static final List<String> NAMES = List.of("LIST", "bext", "iXML", "JUNK", "fact", "id3 ");

  /** How samples are written: what the format says of them, and how one is. */
  private enum Kind {
    U8(1, 8, 1),
    S16(1, 16, 2),
    S24(1, 24, 3),
    S32(1, 32, 4),
    S24_IN_LOW(1, 24, 4),
    S24_IN_HIGH(0xfffe, 32, 4, 24),
    S20_IN_HIGH(0xfffe, 24, 3, 20),
    S12_IN_HIGH(1, 12, 2, 12),
    F16(3, 16, 2),
    F32(3, 32, 4),
    F64(3, 64, 8),
    A_LAW(6, 8, 1),
    MU_LAW(7, 8, 1),
    MU_LAW_SAID_16(7, 16, 1);

    final int tag;
    final int bits;
    final int bytes;
    final int valid;

    Kind(int tag, int bits, int bytes) {
      this(tag, bits, bytes, bits);
    }

    Kind(int tag, int bits, int bytes, int valid) {
      this.tag = tag;
      this.bits = bits;
      this.bytes = bytes;
      this.valid = valid;
    }
  }

  private final Random random;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final Kind kind;
  private final int channels;
  private final boolean wide;
  private final boolean rf64;
  private final StringBuilder told = new StringBuilder();
  private float[] expected = {};

  RandomWav(long seed) throws IOException {
    random = new Random(seed);
    kind = Kind.values()[random.nextInt(Kind.values().length)];
    channels = random.nextInt(5) == 0 ? 1 + random.nextInt(24) : 1 + random.nextInt(2);
    int wrapping = random.nextInt(8);
    wide = wrapping == 0;
    rf64 = wrapping == 1;
    told.append("seed ").append(seed).append(' ').append(kind).append(" x ").append(channels);
    write();
  }

  byte[] bytes() {
    return out.toByteArray();
  }

  /** The mean of the channels. */
  float[] expected() {
    return expected;
  }

  int channels() {
    return channels;
  }

  @Override
  public String toString() {
    return told.toString();
  }

  private void write() throws IOException {
    byte[] sound = sound(1 + random.nextInt(3000));
    if (wide) {
      guid("riff", RIFF_GUID_END);
      number(random.nextInt(1000), 8);
      guid("wave", WAVE_GUID_END);
    } else {
      name(rf64 ? random.nextBoolean() ? "RF64" : "BW64" : "RIFF");
      number(pick(0, 0xffffffffL, 36, 20000, sound.length + 36), 4);
      name("WAVE");
    }
    if (rf64) {
      name("ds64");
      number(28, 4);
      number(sound.length + 72, 8);
      number(sound.length, 8);
      number(sound.length / (kind.bytes * channels), 8);
      number(0, 4);
    }
    others(2);
    format();
    others(3);
    int parts = rf64 || random.nextInt(4) > 0 ? 1 : 2 + random.nextInt(2);
    int frame = kind.bytes * channels;
    int frames = sound.length / frame;
    int done = 0;
    for (int part = 1; part < parts; part++) {
      int length = random.nextInt(frames / parts + 1) * frame;
      chunk("data", Arrays.copyOfRange(sound, done, done + length), true);
      done += length;
      others(2);
    }
    last(Arrays.copyOfRange(sound, done, sound.length), frame, frames);
  }

  /** The last sound: behind it is something only where its size is right. */
  private void last(byte[] sound, int frame, int frames) {
    int fault = sound.length == 0 ? 0 : random.nextInt(6);
    told.append(" fault ").append(fault);
    if (fault == 0) {
      chunk("data", sound, random.nextBoolean() && !wide);
      others(2);
      return;
    }
    long size =
        switch (fault) {
          case 1 -> 0;
          case 2 -> 0xffffffffL;
          case 3 -> sound.length + 1 + random.nextInt(1000);
          case 4 -> rf64 ? 0xffffffffL : sound.length;
          default -> Math.max(1, sound.length / 2 / frame * frame);
        };
    if (wide) {
      guid("data", WAVE_GUID_END);
      number(fault == 2 ? -1 : size + 24, 8);
    } else {
      name("data");
      number(size, 4);
    }
    // Where a size is too small, what comes behind it must not look like a chunk, as sound hardly
    // does.
    int cut = fault == 4 && !rf64 ? random.nextInt(Math.min(sound.length, 3 * frame)) : 0;
    out.write(sound, 0, sound.length - cut);
    int lost = Math.ceilDiv(cut, frame);
    expected = Arrays.copyOf(expected, frames - lost);
  }

  private void others(int most) {
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      int size = random.nextInt(20) == 0 ? 70_000 + random.nextInt(99) : random.nextInt(60);
      byte[] body = new byte[size];
      random.nextBytes(body);
      // Names that nobody knows are found where the former chunk was even, or was filled up.
      boolean known = random.nextInt(4) > 0 || wide;
      chunk(known ? NAMES.get(random.nextInt(NAMES.size())) : "Zqx7", body, true);
    }
  }

  /** A chunk of the right size; an odd one is filled up with a 0, with a letter, or not at all. */
  private void chunk(String name, byte[] body, boolean filledUp) {
    if (wide) {
      guid(name, WAVE_GUID_END);
      number(body.length + 24L, 8);
      out.writeBytes(body);
      number(0, (8 - body.length % 8) % 8);
      return;
    }
    name(name);
    number(body.length, 4);
    out.writeBytes(body);
    if (body.length % 2 != 0 && filledUp) {
      number(random.nextInt(3) == 0 ? 'Q' : 0, 1);
    }
  }

  private void format() {
    int length =
        kind.tag == 0xfffe
            ? 40
            : kind.tag == 1 && kind.bits == kind.bytes * 8 ? (int) pick(14, 16, 18) : 16;
    boolean asGuid = kind.valid == kind.bits && random.nextInt(4) == 0 && kind != Kind.S24_IN_LOW;
    int tag = kind.tag == 0xfffe ? 1 : kind.tag;
    length = asGuid ? 40 : length;
    boolean wrongAlign = kind == Kind.S16 && length != 14 && random.nextInt(4) == 0;
    int align = wrongAlign ? 1 : kind.bytes * channels;
    if (wide) {
      guid("fmt ", WAVE_GUID_END);
      number(length + 24L, 8);
    } else {
      name("fmt ");
      number(length, 4);
    }
    number(length == 40 ? 0xfffe : tag, 2);
    number(channels, 2);
    number(24000, 4);
    number(24000L * align, 4);
    number(align, 2);
    if (length > 14) {
      number(kind.bits, 2);
    }
    if (length == 18) {
      number(0, 2);
    }
    if (length == 40) {
      number(22, 2);
      number(kind.valid, 2);
      number(0, 4);
      number(tag, 2);
      out.writeBytes(HexFormat.of().parseHex("000000001000800000aa00389b71"));
    }
    if (wide) {
      number(0, (8 - length % 8) % 8);
    }
  }

  /** Samples of all channels, and what they are worth. */
  private byte[] sound(int frames) throws IOException {
    ByteArrayOutputStream sound = new ByteArrayOutputStream();
    float[] values = new float[frames * channels];
    for (int i = 0; i < values.length; i++) {
      values[i] = sample(sound);
    }
    if (kind.tag == 6 || kind.tag == 7) {
      values = expanded(sound.toByteArray());
    }
    expected = new float[frames];
    for (int i = 0; i < frames; i++) {
      double sum = 0;
      for (int channel = 0; channel < channels; channel++) {
        sum += values[i * channels + channel];
      }
      expected[i] = (float) (sum / channels);
    }
    return sound.toByteArray();
  }

  private float sample(ByteArrayOutputStream sound) {
    if (kind == Kind.F16) {
      short half = Float.floatToFloat16(random.nextFloat(-1, 1));
      little(sound, BigInteger.valueOf(half), 2);
      return Float.float16ToFloat(half);
    }
    if (kind == Kind.F32) {
      float value = random.nextFloat(-1, 1);
      little(sound, BigInteger.valueOf(Float.floatToIntBits(value)), 4);
      return value;
    }
    if (kind == Kind.F64) {
      double value = random.nextDouble(-1, 1);
      little(sound, BigInteger.valueOf(Double.doubleToLongBits(value)), 8);
      return (float) value;
    }
    long half = 1L << (kind.valid - 1);
    long value = random.nextLong(-half, half);
    boolean high = kind.bytes * 8 > kind.valid && kind != Kind.S24_IN_LOW;
    long stored = high ? value << (kind.bytes * 8 - kind.valid) : value;
    little(sound, BigInteger.valueOf(kind == Kind.U8 ? value + 128 : stored), kind.bytes);
    return (float) ((double) value / half);
  }

  /** G.711 as the JDK has it. */
  private float[] expanded(byte[] codes) throws IOException {
    AudioFormat.Encoding encoding =
        kind.tag == 6 ? AudioFormat.Encoding.ALAW : AudioFormat.Encoding.ULAW;
    AudioFormat format = new AudioFormat(encoding, 24000, 8, 1, 1, 24000, false);
    try (AudioInputStream in =
        AudioSystem.getAudioInputStream(
            AudioFormat.Encoding.PCM_SIGNED,
            new AudioInputStream(new ByteArrayInputStream(codes), format, codes.length))) {
      byte[] linear = in.readAllBytes();
      float[] values = new float[codes.length];
      boolean big = in.getFormat().isBigEndian();
      for (int i = 0; i < values.length; i++) {
        int high = linear[2 * i + (big ? 0 : 1)];
        int low = linear[2 * i + (big ? 1 : 0)] & 0xff;
        values[i] = (high * 256 + low) / 32768f;
      }
      return values;
    }
  }

  private long pick(long... choices) {
    return choices[random.nextInt(choices.length)];
  }

  private void name(String name) {
    out.writeBytes(name.getBytes(ISO_8859_1));
  }

  private void guid(String name, String end) {
    name(name);
    out.writeBytes(HexFormat.of().parseHex(end));
  }

  private void number(long value, int bytes) {
    little(out, BigInteger.valueOf(value), bytes);
  }

  private static void little(ByteArrayOutputStream target, BigInteger value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      target.write(value.shiftRight(8 * i).intValue() & 0xff);
    }
  }
}
