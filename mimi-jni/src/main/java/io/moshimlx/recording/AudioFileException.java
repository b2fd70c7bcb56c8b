package io.moshimlx.recording;

/** A recording cannot be understood. The message says why, and goes on after the file's name. */
public class AudioFileException extends RuntimeException {
  public AudioFileException(String message) {
    super(message);
  }
}
