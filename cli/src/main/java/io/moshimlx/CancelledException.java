package io.moshimlx;

/** The user has cancelled the work. */
public final class CancelledException extends RuntimeException {
  public CancelledException() {
    super("cancelled");
  }

  /** With a sentence for the user that says what is left of the work. */
  public CancelledException(String sentence, CancelledException cause) {
    super(sentence, cause);
  }
}
