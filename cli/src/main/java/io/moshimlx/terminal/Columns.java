package io.moshimlx.terminal;

/** The approximate width of text on a terminal. */
final class Columns {
  private Columns() {}

  static int of(String text) {
    return text.codePoints().map(Columns::of).sum();
  }

  private static int of(int codePoint) {
    return codePoint < 0x1100 ? 1 : 2;
  }

  /** The longest beginning of the text that fits into so many columns. */
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
