package io.moshimlx.audio;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import javax.sound.sampled.AudioFormat;

/** Encodes 24 kHz mono frames as linear samples of 16, 24 or 32 bits, alike on all channels. */
final class PcmWriter {
  private final AudioFormat format;

  /** Null where the rate is 24 kHz already. */
  private final Resampler resampler;

  /** What the resampler reads: the tail of the silence before the start, then the frame. */
  private float[] input = new float[0];

  private int inputRead;
  private float[] resampled = new float[0];
  private ByteBuffer bytes = ByteBuffer.allocate(0);
  private long framesIn;
  private long samplesOut;

  PcmWriter(AudioFormat format) {
    this.format = format;
    int rate = Math.round(format.getSampleRate());
    resampler =
        rate == AudioSource.SAMPLE_RATE
            ? null
            : new Resampler(this::input, AudioSource.SAMPLE_RATE, rate);
    if (resampler != null) {
      // Silence ahead, so that a frame goes out whole although the filter looks into the next.
      input = new float[resampler.lookAhead()];
    }
  }

  /** The nearest 16-bit sample; NaN becomes silence. */
  static short pcm16(float sample) {
    return (short) Math.clamp(Math.round(sample * 0x1p15f), Short.MIN_VALUE, Short.MAX_VALUE);
  }

  /** The bytes of a frame: 80 ms of sound, to the sample. They are there until the next call. */
  byte[] encode(float[] frame) throws IOException {
    float[] samples = resampler == null ? frame : resample(frame);
    int bits = format.getSampleSizeInBits();
    if (bytes.capacity() != samples.length * format.getFrameSize()) {
      bytes =
          ByteBuffer.allocate(samples.length * format.getFrameSize())
              .order(format.isBigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    }
    bytes.clear();
    double scale = Math.scalb(1.0, bits - 1);
    for (float sample : samples) {
      long value = Math.clamp(Math.round(sample * scale), (long) -scale, (long) scale - 1);
      for (int channel = 0; channel < format.getChannels(); channel++) {
        put(bytes, (int) value, bits);
      }
    }
    return bytes.array();
  }

  private static void put(ByteBuffer bytes, int value, int bits) {
    switch (bits) {
      case 16 -> bytes.putShort((short) value);
      case 32 -> bytes.putInt(value);
      default -> {
        boolean bigEndian = bytes.order() == ByteOrder.BIG_ENDIAN;
        bytes.put((byte) (bigEndian ? value >> 16 : value));
        bytes.put((byte) (value >> 8));
        bytes.put((byte) (bigEndian ? value : value >> 16));
      }
    }
  }

  private float[] resample(float[] frame) throws IOException {
    int left = input.length - inputRead;
    float[] next = left + frame.length == input.length ? input : new float[left + frame.length];
    System.arraycopy(input, inputRead, next, 0, left);
    input = next;
    System.arraycopy(frame, 0, input, left, frame.length);
    inputRead = 0;
    framesIn++;
    int rate = Math.round(format.getSampleRate());
    long end = framesIn * frame.length * rate / AudioSource.SAMPLE_RATE;
    int length = (int) (end - samplesOut);
    samplesOut = end;
    if (resampled.length != length) {
      resampled = new float[length];
    }
    int read = resampler.read(resampled, 0, length);
    if (read != length) {
      throw new AssertionError("%d of %d samples".formatted(read, length));
    }
    return resampled;
  }

  private int input(float[] target, int offset, int length) {
    int count = Math.min(length, input.length - inputRead);
    System.arraycopy(input, inputRead, target, offset, count);
    inputRead += count;
    return count;
  }
}
