package io.moshimlx;

/** Cancels work once it has reported its progress so many times. */
public final class StopsAfter implements Progress {
  private int left;

  public StopsAfter(int reports) {
    left = reports;
  }

  /** Reports that the work may still make. */
  public int left() {
    return left;
  }

  @Override
  public void at(String what, long done, long total) {
    left--;
  }

  @Override
  public void note(String text) {}

  @Override
  public boolean cancelled() {
    return left == 0;
  }
}
