package io.moshimlx.audio;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** What stands before the sound in a WAV file that is written here. */
final class WavHeader {
  /** Bytes of the header of a file that this program writes. */
  static final int BYTES = 44;

  /** A data size that stands for "not known". */
  static final long NO_SIZE = 0xffff_ffffL - BYTES;

  private WavHeader() {}

  /**
   * The header of a file of 24 kHz 16-bit samples.
   *
   * @param dataBytes of all samples; sizes are 32 bits, past that it stands for "not known"
   */
  static byte[] pcm16(int channels, long dataBytes) {
    int size = (int) Math.min(dataBytes, NO_SIZE);
    int blockAlign = channels * Short.BYTES;
    return ByteBuffer.allocate(BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put("RIFF".getBytes(StandardCharsets.US_ASCII))
        .putInt(BYTES - 8 + size)
        .put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII))
        .putInt(16)
        .putShort((short) 1)
        .putShort((short) channels)
        .putInt(AudioSource.SAMPLE_RATE)
        .putInt(AudioSource.SAMPLE_RATE * blockAlign)
        .putShort((short) blockAlign)
        .putShort((short) Short.SIZE)
        .put("data".getBytes(StandardCharsets.US_ASCII))
        .putInt(size)
        .array();
  }
}
