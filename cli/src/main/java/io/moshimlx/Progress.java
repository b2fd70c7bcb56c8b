package io.moshimlx;

/** Receives how long work goes on, and may cancel it. */
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
   * The work has come so far.
   *
   * @param what is worked on, such as the name of a file
   * @param done in a unit of the work's own, bytes for a file
   * @param total as much as {@code done} will be at the end, or −1
   */
  void at(String what, long done, long total);

  /** Something else goes on for a while, such as waiting. */
  void note(String text);

  /** The user should know this, also when the work is over. */
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
