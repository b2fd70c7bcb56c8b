package io.moshimlx;

/** The user has stopped a download; what is here is kept. */
public final class DownloadStopped extends RuntimeException {
  public DownloadStopped() {
    super("stopped");
  }
}
