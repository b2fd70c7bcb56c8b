package io.moshimlx.voice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.UserException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files of torch.save, and such as it would never write. */
final class TorchFileTest {
  private static final Path SAVED = Path.of("src/test/resources/goldens/personaplex/tensors.pt");

  @TempDir private Path folder;

  private static TorchFile.Numbers saved(String key) {
    return TorchFile.read("tensors.pt", SAVED, key).getFirst();
  }

  private TorchFile.Numbers read(byte[] file, String key) throws IOException {
    return TorchFile.read("voice.pt", Files.write(folder.resolve("file"), file), key).getFirst();
  }

  @ParameterizedTest
  @CsvSource({
    "float32, 2 3, 0.5 -1.25 3 2 0 -0.125",
    "bfloat16, 2 3, 0.5 -1.25 3 2 0 -0.125",
    "float16, 2 3, 0.5 -1.25 3 2 0 -0.125",
    "int64, 2 2, 1 -2 1099511627776 4",
    "int32, 2, 7 -8",
    "transposed, 3 2, 0.5 2 -1.25 0 3 -0.125",
    "part, 1 2, 0 -0.125",
    "scalar, '', 2.5",
  })
  void numbersAreThoseThatTorchSaved(String key, String shape, String values) {
    TorchFile.Numbers numbers = saved(key);
    assertArrayEquals(
        shape.isEmpty()
            ? new int[0]
            : Arrays.stream(shape.split(" ")).mapToInt(Integer::parseInt).toArray(),
        numbers.shape());
    assertArrayEquals(
        Arrays.stream(values.split(" ")).mapToDouble(Double::parseDouble).toArray(),
        numbers.values());
    assertEquals(!key.startsWith("int"), numbers.floating());
  }

  private static byte[] pickle(String program) {
    return ("\u0080\u0002" + program + ".").getBytes(StandardCharsets.ISO_8859_1);
  }

  /** A pickle of a dictionary with one value, x. */
  private static byte[] dictionary(String value) {
    return pickle("}X\u0001\0\0\0x" + value + "s");
  }

  private static byte[] zip(int method, byte[] pickle) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      add(zip, method, "voice/data.pkl", pickle);
      add(zip, method, "voice/data/0", new byte[16]);
    }
    return bytes.toByteArray();
  }

  private static void add(ZipOutputStream zip, int method, String name, byte[] content)
      throws IOException {
    ZipEntry entry = new ZipEntry(name);
    CRC32 crc = new CRC32();
    crc.update(content);
    entry.setMethod(method);
    entry.setSize(content.length);
    entry.setCrc(crc.getValue());
    if (method == ZipEntry.STORED) {
      entry.setCompressedSize(content.length);
    }
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }

  private String refusal(byte[] file) {
    return assertThrows(UserException.class, () -> read(file, "x")).getMessage();
  }

  private String refusalOf(byte[] pickle) throws IOException {
    return refusal(zip(ZipEntry.STORED, pickle));
  }

  /**
   * What makes a tensor of a storage of four floats, as torch.save writes it.
   *
   * @param view pushes offset, shape, strides and whether it has gradients
   */
  private static String tensor(String view) {
    return ("ctorch._utils\n_rebuild_tensor_v2\n((X\u0007\0\0\0storagectorch\nFloatStorage\n"
            + "X\u0001\0\0\0"
            + "0X\u0003\0\0\0cpuK\u0004tQ%sccollections\nOrderedDict\n)RtR")
        .formatted(view);
  }

  @Test
  void aTensorMadeByHandIsRead() throws IOException {
    byte[] file = zip(ZipEntry.STORED, dictionary(tensor("K\0K\u0004\u0085K\u0001\u0085\u0089")));
    TorchFile.Numbers numbers = read(file, "x");
    assertArrayEquals(new double[4], numbers.values());
  }

  @Test
  void aCommandIsRefusedByName() throws IOException {
    String start = "voice.pt is refused, for its pickle asks for '";
    String end = "', which no tensor needs; use a voice from its publisher";
    for (String name : new String[] {"posix system", "os system", "builtins eval", "torch load"}) {
      String call = "c" + name.replace(' ', '\n') + "\nX\u0008\0\0\0touch /x\u0085R";
      assertEquals(start + name + end, refusalOf(dictionary(call)));
      assertEquals(start + name + end, refusalOf(pickle(call)));
    }
  }

  @Test
  void otherInstructionsAreRefused() throws IOException {
    for (String instruction : new String[] {"b", "i", "o", "\u0081", "\u0082", "\u0093", "P0\n"}) {
      assertTrue(
          refusalOf(dictionary(instruction))
              .startsWith("voice.pt is refused, for its pickle has the instruction 0x"),
          instruction);
    }
    byte[] newer = dictionary("N");
    newer[1] = 4;
    assertTrue(refusalOf(newer).contains("its pickle is of protocol 4, not 2"));
  }

  @Test
  void unsoundPicklesAreDamaged() throws IOException {
    for (String program :
        new String[] {
          "",
          "(",
          "u",
          "0",
          "h\u0005",
          "N",
          "}N",
          "R",
          "N)R",
          "Nt",
          "X\u00ff\u00ff\u00ff\u007f",
          "}(X\u0001\0\0\0xu",
          "}K\u0001Ns",
          "((Nu",
          "\u0087",
          "\u008a\u00ff",
          "}q",
          "NQ",
          ")Q",
          "ctorch\nFloatStorage\n)R"
        }) {
      assertTrue(refusalOf(pickle(program)).contains("voice.pt is"), program);
    }
  }

  @Test
  void viewsBeyondTheirStorageAreRefused() throws IOException {
    for (String view :
        new String[] {
          "K\0K\u0005\u0085K\u0001\u0085\u0089", // five of four
          "K\u0001K\u0004\u0085K\u0001\u0085\u0089", // from the second
          "K\0K\u0003\u0085K\u0002\u0085\u0089", // every other one
          "K\0K\u00ff\u0085K\0\u0085\u0089", // the first, again and again
          "J\u00ff\u00ff\u00ff\u00ffK\u0001\u0085K\u0001\u0085\u0089", // from before the first
          "K\0J\u00ff\u00ff\u00ff\u00ff\u0085K\u0001\u0085\u0089", // fewer than none
          "K\0K\0\u0085K\u0001\u0085\u0089", // none
          "K\0K\u0004\u0085)\u0089", // without strides
          "K\0\u008a\u0008\0\0\0\0\0\0\0@K\u0004\u0086K\0K\0\u0086\u0089", // 2^62 times four
        }) {
      assertTrue(refusalOf(dictionary(tensor(view))).contains("or is damaged"), view);
    }
  }

  @Test
  void whatIsNotThereOrCompressedIsRefused() throws IOException {
    byte[] good = dictionary(tensor("K\0K\u0004\u0085K\u0001\u0085\u0089"));
    assertTrue(refusal(zip(ZipEntry.DEFLATED, good)).contains("or is damaged"));
    assertTrue(refusalOf(pickle("}")).contains("voice.pt holds no 'x', so it is no stored voice"));
    String other =
        new String(good, StandardCharsets.ISO_8859_1).replace("\0\0\0" + "0X", "\0\0\0" + "1X");
    assertTrue(refusalOf(other.getBytes(StandardCharsets.ISO_8859_1)).contains("or is damaged"));
    assertTrue(refusal(new byte[0]).contains("or is damaged"));
    assertTrue(refusal("torch".getBytes(StandardCharsets.UTF_8)).contains("or is damaged"));
  }

  @Test
  void aDamagedFileNeverDoesMoreThanBeRefused() throws IOException {
    byte[] whole = Files.readAllBytes(SAVED);
    for (int length = 0; length < whole.length; length++) {
      readOrRefuse(Arrays.copyOf(whole, length));
    }
    Random random = new Random(1);
    for (int trial = 0; trial < 3000; trial++) {
      byte[] damaged = whole.clone();
      for (int i = random.nextInt(8); i >= 0; i--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      readOrRefuse(damaged);
    }
  }

  private void readOrRefuse(byte[] file) throws IOException {
    try {
      TorchFile.Numbers numbers = read(file, "float32");
      assertTrue(numbers.values().length <= file.length);
    } catch (UserException e) {
      assertTrue(e.getMessage().startsWith("voice.pt "), e.getMessage());
    }
  }
}
