package io.moshimlx;

import java.util.Locale;

/** What this runs on. */
public final class OperatingSystem {
  private OperatingSystem() {}

  public static boolean isMac() {
    return System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac");
  }
}
