package io.moshimlx.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Widths as terminals draw them, by Unicode's East_Asian_Width. */
final class ColumnsTest {
  @ParameterizedTest
  @CsvSource({
    "hello, 5",
    "é ü ß, 5",
    "'“…” – ▁ · € → █', 15",
    "Привет नमस्ते, 11", // two signs of the second are marks
    "日本語, 6",
    "ひらカナ, 8",
    "한국, 4",
    "한, 2", // the same as one syllable of three letters
    "。、「」, 8",
    "Ａ！, 4",
    "ｱｲ, 2",
    "😀🎉, 4",
    "⌚☀, 3", // the second is a picture only on request
    "🇫🇷, 2",
    "𠀀, 2",
    "e\u0301, 1",
    "a\u200bb\u2060, 2",
    "co\u00adop, 5",
    "'', 0",
  })
  void charactersTakeNoneOneOrTwo(String text, int columns) {
    assertEquals(columns, Columns.of(text));
  }

  @Test
  void aCutTextHasRoom() {
    assertEquals("ab", Columns.cut("abc", 2));
    assertEquals("……", Columns.cut("………", 2));
    assertEquals("日", Columns.cut("日本", 3));
    assertEquals("e\u0301", Columns.cut("e\u0301e", 1));
    assertEquals("", Columns.cut("日", 1));
  }
}
