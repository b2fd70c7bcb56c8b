package io.moshimlx.mlx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
  private static final Path FROM_PYTHON = Goldens.file("types.safetensors");
  private static final Map<String, String> INPUT_OF =
      Map.of(
          "float32",
          "x",
          "bfloat16",
          "bf",
          "float16",
          "hf",
          "uint32",
          "u",
          "int32",
          "i",
          "bool",
          "p");

  @TempDir Path folder;

  @Test
  void loadsWhatPythonWrote() {
    Goldens goldens = Goldens.load();
    Map<String, MlxArray> arrays = Safetensors.load(FROM_PYTHON);
    assertEquals(10, arrays.size());
    INPUT_OF.forEach(
        (name, input) -> goldens.inputs().get(input).assertMatches(name, arrays.get(name)));
    int[] ints = arrays.get("int32").toInts();
    assertEquals(DType.INT64, arrays.get("int64").dtype());
    assertArrayEquals(
        Arrays.stream(ints).map(i -> i << 20).toArray(), arrays.get("int64").toInts());
    assertEquals(DType.UINT8, arrays.get("uint8").dtype());
    assertEquals(2.5f, arrays.get("scalar").itemFloat());
    assertArrayEquals(new int[] {0, 3}, arrays.get("empty").shape());
    close(arrays);
  }

  @Test
  void describesWithoutLoading() {
    Map<String, Safetensors.Entry> header = Safetensors.header(FROM_PYTHON);
    assertEquals(new Safetensors.Entry(DType.BFLOAT16, List.of(2, 3, 4)), header.get("bfloat16"));
    assertEquals(new Safetensors.Entry(DType.FLOAT32, List.of()), header.get("scalar"));
    assertEquals("MLX for Python", Safetensors.metadata(FROM_PYTHON).get("made by"));
  }

  @Test
  void savesWhatItLoads() throws IOException {
    Map<String, MlxArray> arrays = Safetensors.load(FROM_PYTHON);
    Path file = folder.resolve("copy with ümlaut.safetensors");
    Files.writeString(file, "a former one");
    Safetensors.save(file, arrays, Map.of("made by", "Java"));
    Map<String, MlxArray> copy = Safetensors.load(file);
    assertEquals(arrays.keySet(), copy.keySet());
    arrays.forEach((name, array) -> {
      assertEquals(array.dtype(), copy.get(name).dtype(), name);
      assertArrayEquals(array.shape(), copy.get(name).shape(), name);
      assertArrayEquals(array.toFloats(), copy.get(name).toFloats(), name);
    });
    assertEquals("Java", Safetensors.metadata(file).get("made by"));
    try (var files = Files.list(folder)) {
      assertEquals(1, files.count(), "nothing else is left");
    }
    close(arrays);
    close(copy);
  }

  @Test
  void savesLazyArraysInRowMajorOrder() {
    Path file = folder.resolve("lazy.safetensors");
    try (MlxScope _ = MlxScope.open()) {
      MlxArray x = MlxArray.of(new int[] {1, 2, 3, 4, 5, 6}, 2, 3);
      Safetensors.save(file, Map.of("x", Shapes.transpose(x)), Map.of());
    }
    Map<String, MlxArray> arrays = Safetensors.load(file);
    assertArrayEquals(new int[] {1, 4, 2, 5, 3, 6}, arrays.get("x").toInts());
    close(arrays);
  }

  @Test
  void whatCannotBeWrittenLeavesTheFormerFile() throws IOException {
    Path missing = folder.resolve("missing/x.safetensors");
    try (MlxScope _ = MlxScope.open()) {
      Map<String, MlxArray> arrays = Map.of("x", MlxArray.of(1f));
      String message =
          assertThrows(MlxException.class, () -> Safetensors.save(missing, arrays, Map.of()))
              .getMessage();
      assertTrue(message.contains(missing.toString()), message);
      MlxArray closed = MlxArray.of(1f);
      closed.close();
      Path file = folder.resolve("kept.safetensors");
      Files.writeString(file, "kept");
      assertThrows(
          IllegalStateException.class, () -> Safetensors.save(file, Map.of("x", closed), Map.of()));
      assertEquals("kept", Files.readString(file));
    }
  }

  @Test
  void writesArrayByArrayWhatMlxAndPythonRead() throws IOException {
    Map<String, MlxArray> arrays = Safetensors.load(FROM_PYTHON);
    Path file = folder.resolve("copy.safetensors");
    Files.writeString(file, "a former one");
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(
            file, Safetensors.header(FROM_PYTHON), Map.of("made by", "\"Java\""))) {
      for (Map.Entry<String, MlxArray> entry : arrays.entrySet()) {
        writer.write(entry.getKey(), entry.getValue());
        assertEquals("a former one", Files.readString(file));
      }
      writer.finish();
    }
    assertEquals("\"Java\"", Safetensors.metadata(file).get("made by"));
    assertEquals(Safetensors.header(FROM_PYTHON), Safetensors.header(file));
    assertEquals(0, Math.floorMod(headerBytes(file), 8));
    Map<String, MlxArray> copy = Safetensors.load(file);
    arrays.forEach(
        (name, array) -> assertArrayEquals(array.toFloats(), copy.get(name).toFloats(), name));
    assertOnlyFile(file);
    close(arrays);
    close(copy);
  }

  @Test
  void anArrayThatIsNotDueIsRefusedAndLeavesNothing() throws IOException {
    Path file = folder.resolve("x.safetensors");
    Map<String, Safetensors.Entry> planned =
        Map.of("x", new Safetensors.Entry(DType.FLOAT32, List.of(2)));
    try (MlxScope _ = MlxScope.open();
        SafetensorsWriter writer = SafetensorsWriter.create(file, planned, Map.of())) {
      assertThrows(IllegalStateException.class, writer::finish);
      assertThrows(
          IllegalArgumentException.class, () -> writer.write("x", MlxArray.of(1f, 2f, 3f)));
    }
    try (var files = Files.list(folder)) {
      assertEquals(0, files.count());
    }
  }

  private static long headerBytes(Path file) throws IOException {
    return ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  private void assertOnlyFile(Path file) throws IOException {
    try (var files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          not json                                                                   | not JSON
          {"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}                      | not JSON
          {} {}                                                                      | not JSON
          []                                                                         | not that of a safetensors file
          {"x":[]}                                                                   | not that of a safetensors file
          {"x":{"dtype":"F32","shape":[2]}}                                          | lacks
          {"x":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}}                     | F31
          {"x":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}                     | F64
          {"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}                     | 12 bytes
          {"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}                    | shape
          {"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}} | shape
          {"x":{"dtype":"F32","shape":[2147483647,2147483647,4],"data_offsets":[0,16]}} | shape
          {"x":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}                   | not that of a safetensors file
          {"x":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}                   | not that of a safetensors file
          {"x":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}                    | cut off
          {"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}                     | is said to lie at
          {"x":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}                    | is said to lie at
          {"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8,16]}}                  | lacks
          {"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"y":1}}               | unknown field
          {"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}} | repeated
          {"x":{"dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,1]}}   | not that of a safetensors file
          {"__metadata__":{"a":[]}}                                                  | not that of a safetensors file
          """)
  void refusesABadHeader(String json, String why) throws IOException {
    refuses(withHeader(json, 8), why);
  }

  @Test
  void refusesABadFile() throws IOException {
    byte[] good = Files.readAllBytes(FROM_PYTHON);
    refuses(new byte[0], "only 0 bytes");
    refuses(Arrays.copyOf(good, 7), "only 7 bytes");
    refuses(Arrays.copyOf(good, 100), "cut off");
    refuses(Arrays.copyOf(good, good.length - 1), "cut off");
    for (long length : new long[] {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 40}) {
      byte[] claimed = good.clone();
      ByteBuffer.wrap(claimed).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
      refuses(claimed, "claims a header");
    }
    byte[] latin = withHeader("{\"\u00fc\":1}", 0);
    latin[10] = (byte) 0xfc;
    refuses(latin, "not JSON");
    Path missing = folder.resolve("missing.safetensors");
    assertEquals(
        "no such file: " + missing,
        assertThrows(MlxException.class, () -> Safetensors.load(missing)).getMessage());
    String message = assertThrows(MlxException.class, () -> Safetensors.load(folder)).getMessage();
    assertTrue(message.contains(folder.toString()), message);
  }

  private static byte[] withHeader(String json, int dataBytes) {
    byte[] header = json.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + header.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .array();
  }

  private void refuses(byte[] content, String why) throws IOException {
    Path file = folder.resolve("bad.safetensors");
    Files.write(file, content);
    String message = assertThrows(MlxException.class, () -> Safetensors.load(file)).getMessage();
    assertTrue(message.contains(file.toString()) && message.contains(why), message);
    assertFalse(message.contains("\n"), message);
  }

  /**
   * Five hundred files with changed, added and lost bytes are loaded or refused; none ends the JVM.
   */
  @Test
  void survivesMutatedHeaders() throws IOException {
    byte[] good = Files.readAllBytes(FROM_PYTHON);
    int header = (int) ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong();
    SplittableRandom random = new SplittableRandom(500);
    Path file = folder.resolve("mutated.safetensors");
    Map<Boolean, Integer> outcomes = new LinkedHashMap<>();
    for (int i = 0; i < 500; i++) {
      byte[] bytes = mutated(good, header, random);
      Files.write(file, bytes);
      boolean loaded = loads(file);
      outcomes.merge(loaded, 1, Integer::sum);
    }
    assertTrue(outcomes.get(true) > 10 && outcomes.get(false) > 200, outcomes.toString());
  }

  private static byte[] mutated(byte[] good, int header, SplittableRandom random) {
    byte[] bytes = good.clone();
    switch (random.nextInt(4)) {
      case 0 -> {
        for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
          bytes[8 + random.nextInt(header)] = (byte) random.nextInt(256);
        }
      }
      case 1 -> {
        // Digits stay digits, so that the header stays JSON and only its numbers are wrong.
        for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
          int at = 8 + random.nextInt(header);
          while (!Character.isDigit(bytes[at])) {
            at = 8 + random.nextInt(header);
          }
          bytes[at] = (byte) ('0' + random.nextInt(10));
        }
      }
      case 2 -> bytes[random.nextInt(8)] = (byte) random.nextInt(256);
      default -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
    }
    return bytes;
  }

  private static boolean loads(Path file) {
    try {
      Map<String, MlxArray> arrays = Safetensors.load(file);
      Transforms.eval(arrays.values());
      close(arrays);
      return true;
    } catch (MlxException e) {
      assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
      return false;
    }
  }

  private static void close(Map<String, MlxArray> arrays) {
    arrays.values().forEach(MlxArray::close);
  }
}
