package io.moshimlx.audio;

import io.moshimlx.UserException;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * What stands before the sound in a WAV file: written here, and looked at before any sound is read,
 * so that a damaged file is refused at once and by its actual fault (javax.sound takes a cut-off
 * file for a short one).
 */
final class WavHeader {
  /** Bytes of the header of a file that this program writes. */
  static final int BYTES = 44;

  /** A data size that stands for "not known". */
  static final long NO_SIZE = 0xffff_ffffL - BYTES;

  /**
   * Data sizes from here up stand for "not known" in files that were written to a pipe (0x7fff…,
   * 0xffff…).
   */
  private static final long UNKNOWN_SIZE = 0x7fff_0000L;

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

  /**
   * Checks the file's structure.
   *
   * @return the number of samples (of each channel), above 0
   * @throws UserException if it is not a WAV file, is cut off, or holds no sound
   */
  static long check(Path path) {
    try (FileChannel file = FileChannel.open(path)) {
      if (file.size() == 0) {
        throw new UserException(path + " is empty; give a WAV file that holds sound");
      }
      return check(path, file);
    } catch (EOFException e) {
      throw new UserException(
          path + " is cut off within its WAV header; record or convert it again", e);
    } catch (IOException e) {
      throw WavSource.unreadable(path, e);
    }
  }

  private static long check(Path path, FileChannel file) throws IOException {
    byte[] start = new DataInputStream(Channels.newInputStream(file)).readNBytes(12);
    if (!ascii(start, 0).equals("RIFF")) {
      throw new UserException(
          "%s is not a WAV file%s; convert it first: %s"
              .formatted(path, looksLike(start), remedy(path)));
    }
    if (start.length < 12) {
      throw new EOFException();
    }
    if (!ascii(start, 8).equals("WAVE")) {
      throw new UserException(
          "%s is not a WAV file (it is a RIFF file of type '%s'); convert it first: %s"
              .formatted(path, ascii(start, 8), remedy(path)));
    }
    int sampleBytes = 0;
    while (true) {
      DataInputStream chunk = new DataInputStream(Channels.newInputStream(file));
      String id = new String(chunk.readNBytes(4), StandardCharsets.ISO_8859_1);
      if (id.isEmpty()) {
        throw new UserException(path + " holds no sound (no 'data' chunk); record it again");
      }
      long size = Integer.toUnsignedLong(Integer.reverseBytes(chunk.readInt()));
      long body = file.position();
      if (id.equals("fmt ")) {
        chunk.skipNBytes(12);
        sampleBytes = Short.toUnsignedInt(Short.reverseBytes(chunk.readShort()));
      } else if (id.equals("data")) {
        return samples(path, sampleBytes, size, file.size() - body);
      }
      file.position(body + size + size % 2);
    }
  }

  private static long samples(Path path, int sampleBytes, long claimed, long present) {
    if (claimed > present && claimed < UNKNOWN_SIZE) {
      throw new UserException(
          ("%s is cut off: its header claims %,d bytes of sound, the file has %,d; "
                  + "copy or record it again")
              .formatted(path, claimed, present));
    }
    long samples = Math.min(claimed, present) / Math.max(1, sampleBytes);
    if (samples == 0) {
      throw new UserException(path + " holds no sound; give a WAV file that does");
    }
    return samples;
  }

  /** The command that makes a WAV of nearly anything. */
  static String remedy(Path path) {
    return "ffmpeg -i %s -ar 24000 -ac 1 converted.wav".formatted(path);
  }

  /** What other kind of file it is, in brackets, or nothing where its start tells nothing. */
  private static String looksLike(byte[] start) {
    String kind =
        switch (ascii(start, 0)) {
          case "fLaC" -> "FLAC";
          case "OggS" -> "Ogg";
          case "FORM" -> "AIFF";
          case "RF64" -> "64-bit WAV";
          case "RIFX" -> "big-endian WAV";
          case ".snd" -> "AU";
          case "caff" -> "CAF";
          case String id when id.startsWith("ID3") || mpegSync(start) -> "MP3";
          case String id when ascii(start, 4).equals("ftyp") -> "MP4 or M4A";
          case String id when id.matches("[ -~\\s]*") -> "text";
          default -> "";
        };
    return kind.isEmpty() ? "" : " (it looks like " + kind + ")";
  }

  private static boolean mpegSync(byte[] start) {
    return start.length > 1 && start[0] == (byte) 0xff && (start[1] & 0xe0) == 0xe0;
  }

  private static String ascii(byte[] bytes, int from) {
    int to = Math.min(from + 4, bytes.length);
    return from >= to ? "" : new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
  }
}
