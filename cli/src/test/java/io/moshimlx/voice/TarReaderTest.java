package io.moshimlx.voice;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives of the system's tar, and such as it would never write. */
final class TarReaderTest {
  private static final byte[] TEXT = "hello".getBytes(US_ASCII);

  @TempDir private Path folder;

  /** Each entry as "NAME SIZE", or "NAME -" if it is no file; a file has to hold its own name. */
  private static List<String> read(byte[] archive) throws IOException {
    TarReader tar = new TarReader(new ByteArrayInputStream(archive));
    List<String> entries = new ArrayList<>();
    for (Optional<TarReader.Entry> next = tar.next(); next.isPresent(); next = tar.next()) {
      TarReader.Entry entry = next.orElseThrow();
      entries.add(entry.name() + " " + (entry.isFile() ? Long.toString(entry.size()) : "-"));
      // Some are left unread, for the next one to skip.
      if (entries.size() % 3 != 0) {
        assertEquals(entry.size(), tar.content().length);
      }
    }
    return entries;
  }

  private static String refusal(Tars tar) {
    return assertThrows(IOException.class, () -> read(tar.bytes())).getMessage();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ustar", "gnu", "pax"})
  void theSystemsArchivesAreRead(String format) throws Exception {
    String deep = "d".repeat(70) + "/" + "e".repeat(60);
    List<String> expected = new ArrayList<>();
    Files.createDirectories(folder.resolve("voices").resolve(deep));
    for (String name : new String[] {"NATF0.pt", deep + "/NATM1.pt", "VARF2.pt", "empty"}) {
      byte[] content = name.equals("empty") ? new byte[0] : new byte[name.length() * 100];
      new Random(1).nextBytes(content);
      Files.write(folder.resolve("voices").resolve(name), content);
      expected.add("voices/%s %d".formatted(name, content.length));
    }
    Files.createSymbolicLink(folder.resolve("voices/link.pt"), Path.of("NATF0.pt"));
    Path file = folder.resolve("voices.tar");
    assertEquals(
        0,
        new ProcessBuilder("tar", "--format=" + format, "-cf", file.toString(), "voices")
            .directory(folder.toFile())
            .inheritIO()
            .start()
            .waitFor());
    List<String> entries = read(Files.readAllBytes(file));
    assertTrue(entries.containsAll(expected), entries.toString());
    assertTrue(entries.contains("voices/link.pt -"), entries.toString());
    assertTrue(entries.contains("voices/%s/ -".formatted(deep)), entries.toString());
    assertEquals(expected.size() + 4, entries.size());
  }

  @Test
  void contentIsThatOfItsEntry() throws IOException {
    byte[] large = new byte[3000];
    new Random(1).nextBytes(large);
    Tars tar = new Tars().add('0', "a", TEXT).add('0', "b", large).add('7', "c", TEXT).end();
    TarReader reader = new TarReader(new ByteArrayInputStream(tar.bytes()));
    reader.next();
    assertArrayEquals(TEXT, reader.content());
    assertEquals(new TarReader.Entry("b", true, 3000), reader.next().orElseThrow());
    assertArrayEquals(large, reader.content());
    reader.next();
    assertArrayEquals(TEXT, reader.content());
    assertEquals(Optional.empty(), reader.next());
  }

  @Test
  void namesComeFromThePrefixAndFromHeadersBefore() throws IOException {
    byte[] prefixed = Tars.header('0', "b.pt", "00000000005");
    Tars.put(prefixed, 345, "voices/a");
    byte[] gnu = Tars.header('0', "b.pt", "00000000005");
    Tars.put(gnu, 257, "ustar  \0");
    Tars.put(gnu, 345, "15000000000");
    byte[] oldest = Tars.header('\0', "folder/", "00000000000");
    Tars.put(oldest, 257, "\0\0\0\0\0\0\0\0");
    String path = "voices/" + "x".repeat(200) + ".pt";
    Tars tar =
        new Tars()
            .add(Tars.summed(prefixed), TEXT)
            .add(Tars.summed(gnu), TEXT)
            .add(Tars.summed(oldest), new byte[0])
            .add('g', "pax_global_header", pax("comment=what git archive writes"))
            .add('K', "././@LongLink", "a/link\0".getBytes(US_ASCII))
            .add('L', "././@LongLink", (path + "\0").getBytes(US_ASCII))
            .add('0', path, TEXT)
            .add(
                'x',
                "PaxHeaders/z",
                pax("mtime=1.5", "path=z.pt", "LIBARCHIVE.xattr.a=1", "size=5"))
            .add(Tars.header('0', "y.pt", "00000000000"), TEXT)
            .add('0', "after", TEXT)
            .end();
    assertEquals(
        List.of("voices/a/b.pt 5", "b.pt 5", "folder/ -", path + " 5", "z.pt 5", "after 5"),
        read(tar.bytes()));
  }

  private static byte[] pax(String... records) {
    StringBuilder all = new StringBuilder();
    for (String record : records) {
      int length = record.length() + 2;
      length += Integer.toString(length + Integer.toString(length).length()).length();
      all.append(length).append(' ').append(record).append('\n');
    }
    return all.toString().getBytes(US_ASCII);
  }

  @Test
  void whatChangesHowContentIsReadIsRefusedByName() {
    assertEquals(
        "its entry a.pt is of the type 'S', which is not supported",
        refusal(new Tars().add('S', "a.pt", TEXT)));
    assertEquals(
        "its entry a.pt is of the type 'M', which is not supported",
        refusal(new Tars().add('M', "a.pt", TEXT)));
    assertEquals(
        "it has a sparse file, which is not supported",
        refusal(new Tars().add('x', "a", pax("GNU.sparse.major=1")).add('0', "a", TEXT)));
    assertEquals(
        "it gives one path or size to all entries",
        refusal(new Tars().add('g', "a", pax("path=b")).add('0', "a", TEXT)));
  }

  @ParameterizedTest
  @CsvSource({
    "0000000000x, a size or a checksum is no number",
    "-0000000005, a size or a checksum is no number",
    "'           ', a size or a checksum is no number",
    "\u0080\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0005, a size or a checksum is no number",
  })
  void aSizeIsANumber(String size, String message) {
    assertEquals(message, refusal(new Tars().add(Tars.header('0', "a", size), TEXT)));
  }

  @Test
  void headersThatContradictThemselvesAreRefused() {
    byte[] header = Tars.header('0', "a", "00000000005");
    header[0] = 'b';
    assertEquals("the checksum of a header is wrong", refusal(new Tars().add(header, TEXT)));
    for (String pax :
        new String[] {"5 a=", "99 a=b\n", "0 a=b\n", "7 abcd\n", "x", "3 a", "9 a=b\n"}) {
      refusal(new Tars().add('x', "a", pax.getBytes(US_ASCII)).add('0', "a", TEXT));
    }
    refusal(new Tars().add('x', "a", pax("size=-5")).add('0', "a", TEXT));
    refusal(new Tars().add('x', "a", pax("size=9223372036854775807")).add('0', "a", TEXT));
    refusal(new Tars().add('x', "a", pax("size=99999999999999999999")).add('0', "a", TEXT));
    refusal(new Tars().add(Tars.header('L', "a", "77777777777"), TEXT));
    refusal(new Tars().add('L', "a", TEXT).end());
  }

  @Test
  void aDamagedArchiveNeverDoesMoreThanBeRefused() {
    byte[] whole =
        new Tars()
            .add('L', "long", "voices/a.pt\0".getBytes(US_ASCII))
            .add('0', "a", TEXT)
            .add('x', "pax", pax("path=b.pt", "size=5"))
            .add('0', "b", TEXT)
            .end()
            .bytes();
    Random random = new Random(1);
    for (int length = 1; length < whole.length - 1024; length += 1 + random.nextInt(9)) {
      byte[] cut = Arrays.copyOf(whole, length);
      if (length % 512 != 0) {
        assertThrows(IOException.class, () -> read(cut));
      }
    }
    for (int trial = 0; trial < 2000; trial++) {
      byte[] damaged = whole.clone();
      for (int i = random.nextInt(4); i >= 0; i--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      try {
        read(damaged);
      } catch (IOException e) {
        assertTrue(e.getMessage() == null || !e.getMessage().isEmpty());
      }
    }
  }
}
