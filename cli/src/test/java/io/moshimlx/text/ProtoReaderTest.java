package io.moshimlx.text;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.moshimlx.text.ProtoReader.DamagedException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages by the protocol buffers' description of their encoding, and damaged ones. */
final class ProtoReaderTest {
  private static ProtoReader reader(String hex) {
    return new ProtoReader(HexFormat.of().parseHex(hex.replace(" ", "")));
  }

  @Test
  void fieldsComeOneAfterTheOther() throws DamagedException {
    ProtoReader in =
        reader(
            "08 9601 | 12 07 74657374696e67 | 1d 0000c03f | 22 02 ff00 | 28 01 | 32 03 089601"
                .replace("|", ""));
    assertEquals(1 << 3, in.next());
    assertEquals(150, in.varint());
    assertEquals(2 << 3 | 2, in.next());
    assertEquals("testing", in.string());
    assertEquals(3 << 3 | 5, in.next());
    assertEquals(1.5f, in.float32());
    assertEquals(4 << 3 | 2, in.next());
    assertArrayEquals(new byte[] {-1, 0}, in.bytes());
    assertEquals(5 << 3, in.next());
    assertEquals(true, in.bool());
    assertEquals(6 << 3 | 2, in.next());
    ProtoReader inner = in.message();
    assertEquals(1 << 3, inner.next());
    assertEquals(150, inner.varint());
    assertEquals(0, inner.next());
    assertEquals(0, in.next());
  }

  @ParameterizedTest
  @CsvSource({
    "00, 0",
    "7f, 127",
    "8000, 0",
    "8080808008, 2147483648",
    "ffffffffffffffff7f, 9223372036854775807",
    "ffffffffffffffffff01, -1",
  })
  void numbersHaveUpToTenBytes(String hex, long number) throws DamagedException {
    assertEquals(number, reader(hex).varint());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "80", "ffffffffffffffffff", "ffffffffffffffffff02", "ffffffffffffffffffff01"})
  void numbersThatEndTooSoonOrTooLateAreDamage(String hex) {
    assertThrows(DamagedException.class, () -> reader(hex).varint());
  }

  @ParameterizedTest
  @ValueSource(strings = {"00", "07", "8080808010 00", "80"})
  void tagsWithoutAFieldAreDamage(String hex) {
    assertThrows(DamagedException.class, () -> reader(hex).next());
  }

  @Test
  void whatIsNotKnownIsSkipped() throws DamagedException {
    ProtoReader in =
        reader("08 9601 11 0102030405060708 1a 03 010203 25 01020304 2a 00".replace(" ", ""));
    for (int number = 1; number <= 5; number++) {
      int tag = in.next();
      assertEquals(number, tag >>> 3);
      in.skip(tag);
    }
    assertEquals(0, in.next());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "08", // a number without an end
        "08 80",
        "11 01020304050607", // seven of eight bytes
        "12", // no length
        "12 05 61626364", // four of five bytes
        "12 ffffffff0f", // 2^32 − 1 bytes
        "12 ffffffffffffffffff01", // −1 bytes
        "13", // groups, which no one writes any more
        "14",
        "1d 010203", // three of four bytes
        "0e", // wire types that there are not
        "0f"
      })
  void fieldsBeyondTheEndAreDamage(String hex) throws DamagedException {
    ProtoReader in = reader(hex);
    int tag = in.next();
    assertThrows(DamagedException.class, () -> in.skip(tag));
  }

  @Test
  void aMessageEndsWithItsLength() throws DamagedException {
    ProtoReader in = reader("0a 02 1202 61 62");
    in.next();
    ProtoReader inner = in.message();
    inner.next();
    assertThrows(DamagedException.class, inner::string);
    assertThrows(DamagedException.class, () -> reader("05 00000000").message());
    assertThrows(DamagedException.class, () -> reader("010203").float32());
    assertThrows(DamagedException.class, () -> reader("02 61").bytes());
  }

  @Test
  void aTextIsUtf8() throws DamagedException {
    String hex = HexFormat.of().formatHex("▁日".getBytes(UTF_8));
    assertEquals("▁日", reader("06" + hex).string());
    assertThrows(DamagedException.class, () -> reader("05" + hex).string());
    assertThrows(DamagedException.class, () -> reader("02 c080").string());
    assertThrows(DamagedException.class, () -> reader("03 eda080").string());
  }
}
