package io.moshimlx;

/** Has this JVM take its machine for a Mac, until it is closed. */
public final class OnMac implements AutoCloseable {
  private static final String KEY = "os.name";

  private final String before = System.setProperty(KEY, "Mac OS X");

  @Override
  public void close() {
    System.setProperty(KEY, before);
  }
}
