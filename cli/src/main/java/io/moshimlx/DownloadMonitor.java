package io.moshimlx;

/** Is told how a download goes, and may stop it. */
public interface DownloadMonitor {

  /** Sees nothing and stops nothing. */
  DownloadMonitor NONE =
      new DownloadMonitor() {
        @Override
        public void progress(String file, long done, long total) {}

        @Override
        public void note(String what) {}

        @Override
        public boolean stopped() {
          return false;
        }
      };

  /**
   * Takes note of bytes that are here.
   *
   * @param total the file's size, or −1
   */
  void progress(String file, long done, long total);

  /** Takes note of what is going on instead of progress, such as a wait. */
  void note(String what);

  /** Takes note of what the user has to know, also afterwards. */
  default void warn(String what) {
    note(what);
  }

  /** Whether the user wants it to end; asked several times a second. */
  boolean stopped();
}
