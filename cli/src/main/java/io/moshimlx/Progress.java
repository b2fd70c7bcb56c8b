package io.moshimlx;

/** Receives how far work has come, and may cancel it. */
public interface Progress {

  /** Shows nothing and cancels nothing. */
  Progress NONE =
      new Progress() {
        @Override
        public void at(String what, long done, long total) {}

        @Override
        public void note(String text) {}

        @Override
        public boolean cancelled() {
          return false;
        }
      };

  /**
   * Reports how far the work is.
   *
   * @param what is being done, or the file that is being downloaded
   * @param done in a unit of the work's own, which is bytes for files
   * @param total the value of {@code done} at the end; −1 if unknown
   */
  void at(String what, long done, long total);

  /** Reports something else that takes a while, such as waiting. */
  void note(String text);

  /** Reports a sentence that the user should be able to read after the work as well. */
  default void warn(String text) {
    note(text);
  }

  /** Whether the user wants the work to end; asked several times a second. */
  boolean cancelled();

  /**
   * Ends the work if the user wants that.
   *
   * @throws CancelledException if so
   */
  default void checkCancelled() {
    if (cancelled()) {
      throw new CancelledException();
    }
  }

  /**
   * Sleeps.
   *
   * @throws CancelledException if the thread is interrupted
   */
  static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException();
    }
  }
}
