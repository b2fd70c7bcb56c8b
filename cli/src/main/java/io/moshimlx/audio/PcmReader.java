package io.moshimlx.audio;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioFormat.Encoding;

/** Decodes linear samples of any usual width and mixes the channels to mono by their mean. */
final class PcmReader implements SampleReader {
  private static final int BLOCK_BYTES = 1 << 16;

  /** One sample at a byte offset, in −1..1. */
  @FunctionalInterface
  private interface Decoder {
    float sample(ByteBuffer bytes, int offset);
  }

  private final InputStream in;
  private final int channels;
  private final int sampleBytes;
  private final Decoder decoder;
  private final ByteBuffer bytes;

  private PcmReader(InputStream in, AudioFormat format, Decoder decoder) {
    this.in = in;
    this.channels = format.getChannels();
    this.sampleBytes = format.getSampleSizeInBits() / 8;
    this.decoder = decoder;
    this.bytes =
        ByteBuffer.allocate(
                Math.max(1, BLOCK_BYTES / format.getFrameSize()) * format.getFrameSize())
            .order(format.isBigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
  }

  /** A reader for the stream, or null where samples of this format are not understood. */
  static PcmReader of(InputStream in, AudioFormat format) {
    Decoder decoder = decoder(format);
    int frameSize = format.getChannels() * (format.getSampleSizeInBits() / 8);
    return decoder == null || format.getFrameSize() != frameSize
        ? null
        : new PcmReader(in, format, decoder);
  }

  private static Decoder decoder(AudioFormat format) {
    Encoding encoding = format.getEncoding();
    int bits = format.getSampleSizeInBits();
    if (encoding.equals(Encoding.PCM_UNSIGNED) && bits == 8) {
      return (bytes, at) -> ((bytes.get(at) & 0xff) - 128) / 0x1p7f;
    }
    if (encoding.equals(Encoding.PCM_SIGNED)) {
      return switch (bits) {
        case 8 -> (bytes, at) -> bytes.get(at) / 0x1p7f;
        case 16 -> (bytes, at) -> bytes.getShort(at) / 0x1p15f;
        case 24 -> PcmReader::sample24;
        case 32 -> (bytes, at) -> bytes.getInt(at) / 0x1p31f;
        default -> null;
      };
    }
    if (encoding.equals(Encoding.PCM_FLOAT)) {
      return switch (bits) {
        case 32 -> ByteBuffer::getFloat;
        case 64 -> (bytes, at) -> (float) bytes.getDouble(at);
        default -> null;
      };
    }
    return null;
  }

  private static float sample24(ByteBuffer bytes, int at) {
    boolean bigEndian = bytes.order() == ByteOrder.BIG_ENDIAN;
    int high = bytes.get(bigEndian ? at : at + 2);
    int low = bytes.get(bigEndian ? at + 2 : at) & 0xff;
    return (high << 16 | (bytes.get(at + 1) & 0xff) << 8 | low) / 0x1p23f;
  }

  @Override
  public int read(float[] target, int offset, int length) throws IOException {
    int frameBytes = channels * sampleBytes;
    int done = 0;
    while (done < length) {
      int wanted = Math.min(length - done, bytes.capacity() / frameBytes) * frameBytes;
      // An incomplete sample at the very end is dropped.
      int frames = in.readNBytes(bytes.array(), 0, wanted) / frameBytes;
      if (frames == 0) {
        break;
      }
      for (int frame = 0; frame < frames; frame++) {
        target[offset + done++] = mono(frame * frameBytes);
      }
    }
    return done;
  }

  private float mono(int at) {
    if (channels == 1) {
      return decoder.sample(bytes, at);
    }
    double sum = 0;
    for (int channel = 0; channel < channels; channel++) {
      sum += decoder.sample(bytes, at + channel * sampleBytes);
    }
    return (float) (sum / channels);
  }
}
