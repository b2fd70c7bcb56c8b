package io.moshimlx.audio;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import javax.sound.sampled.UnsupportedAudioFileException;

/** Makes WAV files, sound and damaged ones alike. */
public final class Wavs {
  public static final int PCM = 1;
  public static final int FLOAT = 3;
  public static final int A_LAW = 6;
  public static final int MU_LAW = 7;

  private Wavs() {}

  /** The bytes of a WAV file; {@code claimed} is the size that its data chunk states. */
  public static byte[] bytes(
      int format, int bits, int channels, int rate, byte[] data, int claimed) {
    int blockAlign = channels * bits / 8;
    return ByteBuffer.allocate(44 + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put("RIFF".getBytes(StandardCharsets.US_ASCII))
        .putInt(36 + data.length)
        .put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII))
        .putInt(16)
        .putShort((short) format)
        .putShort((short) channels)
        .putInt(rate)
        .putInt(rate * blockAlign)
        .putShort((short) blockAlign)
        .putShort((short) bits)
        .put("data".getBytes(StandardCharsets.US_ASCII))
        .putInt(claimed)
        .put(data)
        .array();
  }

  public static byte[] bytes(int format, int bits, int channels, int rate, byte[] data) {
    return bytes(format, bits, channels, rate, data, data.length);
  }

  /** 16-bit samples as little-endian bytes. */
  public static byte[] samples16(int... samples) {
    ByteBuffer bytes = ByteBuffer.allocate(2 * samples.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int sample : samples) {
      bytes.putShort((short) sample);
    }
    return bytes.array();
  }

  /** A 24 kHz mono file of a tone. */
  public static Path tone(Path file, double seconds) throws IOException {
    int[] samples = new int[(int) (seconds * 24000)];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (int) Math.round(9000 * Math.sin(2 * Math.PI * 440 * i / 24000));
    }
    return write(file, samples);
  }

  /** A 24 kHz mono file of samples of 16 bits. */
  public static Path write(Path file, int... samples) throws IOException {
    return Files.write(file, bytes(PCM, 16, 1, 24000, samples16(samples)));
  }

  /** The samples of a 16-bit WAV file, its channels interleaved. */
  public static short[] samples(Path wav) throws IOException {
    try (AudioInputStream in = AudioSystem.getAudioInputStream(wav.toFile())) {
      byte[] bytes = in.readAllBytes();
      short[] samples = new short[bytes.length / 2];
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer().get(samples);
      return samples;
    } catch (UnsupportedAudioFileException e) {
      throw new IOException(e);
    }
  }

  /** The samples of a 16-bit mono WAV file, in −1..1. */
  public static float[] mono(Path wav) throws IOException {
    return floats(samples(wav));
  }

  public static float[] floats(short... samples) {
    float[] floats = new float[samples.length];
    for (int i = 0; i < samples.length; i++) {
      floats[i] = samples[i] / 0x1p15f;
    }
    return floats;
  }

  /** One channel of two. */
  public static short[] channel(short[] both, int channel) {
    short[] one = new short[both.length / 2];
    for (int i = 0; i < one.length; i++) {
      one[i] = both[2 * i + channel];
    }
    return one;
  }
}
