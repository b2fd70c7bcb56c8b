package io.moshimlx.terminal;

/** How wide text is on a terminal, near enough. */
final class Columns {
  private Columns() {}

  static int of(String text) {
    return text.codePoints().map(Columns::of).sum();
  }

  private static int of(int codePoint) {
    return codePoint < 0x1100 ? 1 : 2;
  }

  /** As many of the text's first characters as have room. */
  static String cut(String text, int columns) {
    int room = columns;
    int end = 0;
    while (end < text.length() && room >= of(text.codePointAt(end))) {
      room -= of(text.codePointAt(end));
      end += Character.charCount(text.codePointAt(end));
    }
    return text.substring(0, end);
  }
}
