package io.moshimlx.hub;

/** The user has stopped a download; what is here is kept. */
public final class DownloadStopped extends RuntimeException {
  DownloadStopped() {
    super("stopped");
  }
}
