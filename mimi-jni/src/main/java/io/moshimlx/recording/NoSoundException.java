package io.moshimlx.recording;

/** There is no sound in a file that any program could take out of it. */
public final class NoSoundException extends AudioFileException {
  public NoSoundException(String message) {
    super(message);
  }
}
