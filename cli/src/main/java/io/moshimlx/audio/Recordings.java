package io.moshimlx.audio;

import io.moshimlx.ShellWord;
import io.moshimlx.UserException;
import io.moshimlx.recording.AudioFileException;
import io.moshimlx.recording.NoSoundException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Opens recordings; which format one has is seen from its content, never from its name. */
final class Recordings {
  /** What a pipe may carry of a format that can only be read from a file. */
  private static final long MOST_KEPT = 1L << 30;

  private static final int MIN_RATE = 1_000;
  private static final int MAX_RATE = 768_000;

  private Recordings() {}

  /** Refuses a rate that no recording has. */
  static void checkRate(int rate) {
    if (rate < MIN_RATE || rate > MAX_RATE) {
      throw new AudioFileException(
          "holds sound of %s samples a second".formatted(Integer.toUnsignedString(rate)));
    }
  }

  /**
   * Opens a file, or a pipe of that name.
   *
   * @throws AudioFileException if its sound is not understood, or there is none
   */
  static Recording open(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      return open(Files.newInputStream(path));
    }
    byte[] start;
    try (InputStream file = Files.newInputStream(path)) {
      start = file.readNBytes(FileKind.BYTES);
    }
    if (RiffReader.isWav(start)) {
      return RiffRecording.of(path);
    }
    FileKind.check(start);
    return EncodedRecording.of(path);
  }

  /** Opens a stream, which is closed with the recording or if there is none in it. */
  static Recording open(InputStream stream) throws IOException {
    InputStream buffered = new BufferedInputStream(stream, 1 << 16);
    try {
      buffered.mark(FileKind.BYTES);
      byte[] start = buffered.readNBytes(FileKind.BYTES);
      buffered.reset();
      if (RiffReader.isWav(start)) {
        return RiffRecording.of(buffered);
      }
      FileKind.check(start);
    } catch (IOException | RuntimeException e) {
      buffered.close();
      throw e;
    }
    try (buffered) {
      return kept(buffered);
    }
  }

  /** Keeps a stream in a file, which has no name any more as this returns. */
  private static Recording kept(InputStream stream) throws IOException {
    Path file = Files.createTempFile("moshi-mlx", null);
    try {
      try (OutputStream out = Files.newOutputStream(file)) {
        byte[] block = new byte[1 << 16];
        long size = 0;
        for (int read = stream.read(block); read >= 0; read = stream.read(block)) {
          out.write(block, 0, read);
          size += read;
          if (size > MOST_KEPT) {
            throw new AudioFileException(
                "is longer than the 1 GiB that is kept of a pipe, unless it is WAV");
          }
        }
      }
      return EncodedRecording.of(file);
    } finally {
      Files.delete(file);
    }
  }

  /**
   * The refusal of a recording, with what helps.
   *
   * @param name of the file, or of a stream that is none
   */
  static UserException refusal(String name, boolean isFile, AudioFileException e) {
    String remedy;
    if (e instanceof NoSoundException) {
      remedy = "give a recording that holds sound";
    } else if (isFile) {
      remedy =
          "convert it first: ffmpeg -i %s -ar 24000 -ac 1 converted.wav"
              .formatted(ShellWord.ofFile(name));
    } else {
      remedy = "convert it on its way: … | ffmpeg -i - -ar 24000 -ac 1 -f wav - | …";
    }
    return new UserException("%s %s".formatted(name, e.getMessage()), remedy, e);
  }
}
