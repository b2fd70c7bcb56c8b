package io.moshimlx;

import java.util.regex.Pattern;

/** Words of commands that users paste. */
public final class ShellWord {
  private static final Pattern PLAIN = Pattern.compile("[\\w@%+=:,./][\\w@%+=:,./-]*");

  private ShellWord() {}

  /** A word that a POSIX shell reads as this text. */
  public static String of(String text) {
    return PLAIN.matcher(text).matches() ? text : "'" + text.replace("'", "'\\''") + "'";
  }

  /**
   * A word that a POSIX shell and the program behind it read as the name of this file: one that
   * begins with '-' is no option, and one with a ':' is no address.
   */
  public static String ofFile(String name) {
    boolean plain = name.startsWith("/") || !(name.startsWith("-") || name.contains(":"));
    return of(plain ? name : "./" + name);
  }
}
