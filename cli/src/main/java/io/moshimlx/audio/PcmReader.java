package io.moshimlx.audio;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioFormat.Encoding;

/** Decodes what a capture line gives and mixes the channels to mono by their mean. */
final class PcmReader implements SampleReader {
  private static final int BLOCK_BYTES = 1 << 16;

  private final InputStream in;
  private final int channels;
  private final SampleCoding coding;
  private final ByteBuffer bytes;

  private PcmReader(InputStream in, AudioFormat format, SampleCoding coding) {
    this.in = in;
    this.channels = format.getChannels();
    this.coding = coding;
    this.bytes =
        ByteBuffer.allocate(
                Math.max(1, BLOCK_BYTES / format.getFrameSize()) * format.getFrameSize())
            .order(format.isBigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
  }

  /** A reader for the stream, or null where samples of this format are not understood. */
  static PcmReader of(InputStream in, AudioFormat format) {
    int bits = format.getSampleSizeInBits();
    if (!format.getEncoding().equals(Encoding.PCM_SIGNED)
        || bits % 8 != 0
        || bits < 8
        || bits > 32
        || format.getFrameSize() != format.getChannels() * (bits / 8)) {
      return null;
    }
    return new PcmReader(in, format, SampleCoding.signed(bits / 8));
  }

  @Override
  public int read(float[] target, int offset, int length) throws IOException {
    int frameBytes = channels * coding.bytes();
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
    double sum = 0;
    for (int channel = 0; channel < channels; channel++) {
      sum += coding.decode(bytes, at + channel * coding.bytes());
    }
    return (float) (sum / channels);
  }
}
