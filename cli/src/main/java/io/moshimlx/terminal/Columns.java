package io.moshimlx.terminal;

import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** The width of text on a terminal: no column, one or two for each character. */
final class Columns {
  /**
   * First and last characters of the ranges that Unicode calls wide, without emoji: the scripts of
   * East Asia, their punctuation and forms, and the planes of ideographs.
   */
  private static final NavigableMap<Integer, Integer> WIDE =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry(0x1100, 0x115F),
              Map.entry(0x2329, 0x232A),
              Map.entry(0x2E80, 0x303E),
              Map.entry(0x3041, 0xA4CF),
              Map.entry(0xA960, 0xA97C),
              Map.entry(0xAC00, 0xD7A3),
              Map.entry(0xF900, 0xFAFF),
              Map.entry(0xFE10, 0xFE19),
              Map.entry(0xFE30, 0xFE6F),
              Map.entry(0xFF01, 0xFF60),
              Map.entry(0xFFE0, 0xFFE6),
              Map.entry(0x16FE0, 0x18DFF),
              Map.entry(0x1AFF0, 0x1B2FF),
              Map.entry(0x1F200, 0x1F265),
              Map.entry(0x20000, 0x3FFFD)));

  private static final int SOFT_HYPHEN = 0xAD;

  private Columns() {}

  static int of(String text) {
    return text.codePoints().map(Columns::of).sum();
  }

  private static int of(int codePoint) {
    return isJoined(codePoint) ? 0 : isWide(codePoint) ? 2 : 1;
  }

  /** Whether it is drawn into the character before it, or not at all. */
  private static boolean isJoined(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK -> true;
      case Character.FORMAT -> codePoint != SOFT_HYPHEN;
      // Vowels and finals of Hangul, which complete a syllable.
      default -> codePoint >= 0x1160 && codePoint <= 0x11FF;
    };
  }

  private static boolean isWide(int codePoint) {
    Map.Entry<Integer, Integer> range = WIDE.floorEntry(codePoint);
    boolean listed = range != null && codePoint <= range.getValue();
    // Two letters of a region make one flag.
    boolean region = codePoint >= 0x1F1E6 && codePoint <= 0x1F1FF;
    return listed || (Character.isEmojiPresentation(codePoint) && !region);
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
