package io.moshimlx;

/** The user has cancelled the work; what is done is kept where it can be gone on with. */
public final class CancelledException extends RuntimeException {
  public CancelledException() {
    super("cancelled");
  }
}
