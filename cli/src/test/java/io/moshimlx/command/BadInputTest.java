package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.moshimlx.audio.Wavs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a user sees when something is wrong with a file: one line, and no harm done. */
class BadInputTest {
  private static final String WEIGHTS = "model.q4.safetensors";

  @TempDir Path folder;
  private Path model;
  private Path input;
  private Path output;

  @BeforeEach
  void copyTheDemo() throws IOException {
    model = Files.createDirectory(folder.resolve("model"));
    try (Stream<Path> files = Files.list(Cli.DEMO)) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    input = Wavs.tone(folder.resolve("in.wav"), 0.3);
    output = Files.writeString(folder.resolve("out.wav"), "former");
  }

  @AfterEach
  void theFormerOutputIsAsItWas() throws IOException {
    assertEquals("former", Files.readString(output));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(3, files.count(), "nothing half-written is left");
    }
  }

  private Cli.Result run(Object... options) {
    return Cli.run(
        Stream.concat(
                Stream.of("run", "--model", model, "--input", input, "--output", output),
                Stream.of(options))
            .toArray());
  }

  private void edit(String file, UnaryOperator<byte[]> change) throws IOException {
    Path path = model.resolve(file);
    Files.write(path, change.apply(Files.readAllBytes(path)));
  }

  private void editConfig(String key, JsonElement value) throws IOException {
    edit(
        "config.json",
        bytes -> {
          JsonObject config =
              JsonParser.parseString(new String(bytes, StandardCharsets.UTF_8)).getAsJsonObject();
          config.remove(key);
          if (value != null) {
            config.add(key, value);
          }
          return config.toString().getBytes(StandardCharsets.UTF_8);
        });
  }

  private void editHeader(String file, UnaryOperator<String> change) throws IOException {
    edit(
        file,
        bytes -> {
          int length = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
          byte[] header =
              change
                  .apply(new String(bytes, 8, length, StandardCharsets.UTF_8))
                  .getBytes(StandardCharsets.UTF_8);
          return ByteBuffer.allocate(8 + header.length + bytes.length - 8 - length)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(header.length)
              .put(header)
              .put(bytes, 8 + length, bytes.length - 8 - length)
              .array();
        });
  }

  @Test
  void noSuchModel() {
    Path none = folder.resolve("none");
    Cli.run("run", "--model", none, "--input", input, "--output", output)
        .failedNaming(none + " is not a folder");
  }

  @Test
  void noSuchInput() throws IOException {
    Files.delete(input);
    run()
        .failed(
            input + " cannot be read: there is no such file; give a recording that can be read");
    Files.createFile(input);
    run().failed(input + " is empty; give a recording that holds sound");
  }

  @Test
  void anInputThatIsNoRecording() throws IOException {
    Files.writeString(input, "This is not sound.");
    run().failed(input + " is a text file; give a recording that holds sound");
  }

  @Test
  void aWavWithoutSound() throws IOException {
    Files.write(input, Wavs.bytes(Wavs.PCM, 16, 1, 24000, new byte[0]));
    run().failed(input + " holds no sound; give a recording that holds sound");
  }

  @Test
  void anOutputFolderThatIsMissing() {
    Path missing = folder.resolve("none/out.wav");
    Cli.run("run", "--model", model, "--input", input, "--output", missing)
        .failedNaming(missing + " cannot be written: the folder " + missing.getParent());
  }

  @Test
  void missingFilesOfTheModel() throws IOException {
    for (String file : List.of("mimi.safetensors", "mimi.json", "tokenizer.model")) {
      byte[] bytes = Files.readAllBytes(model.resolve(file));
      Files.delete(model.resolve(file));
      run().failedNaming(model.resolve(file).toString());
      Files.write(model.resolve(file), bytes);
    }
    Files.delete(model.resolve(WEIGHTS));
    run().failedNaming(model.toString(), "choose one with --quant");
  }

  @Test
  void safetensorsCutOffAnywhere() throws IOException {
    for (String file : List.of(WEIGHTS, "mimi.safetensors")) {
      byte[] whole = Files.readAllBytes(model.resolve(file));
      for (int length : new int[] {0, 5, 8, 100, whole.length / 2, whole.length - 1}) {
        Files.write(model.resolve(file), Arrays.copyOf(whole, length));
        run().failedNaming(file);
      }
      Files.write(model.resolve(file), whole);
    }
  }

  @Test
  void aHeaderThatClaimsMoreThanTheFile() throws IOException {
    edit(
        WEIGHTS,
        bytes -> {
          ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(1L << 40);
          return bytes;
        });
    run().failedNaming(WEIGHTS);
  }

  @Test
  void whatLiesInTheirPlaceIsNamed() throws IOException {
    String pointer =
        "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 4810000000\n"
            .formatted("0a".repeat(32));
    List<String> texts = List.of("config.json", "tokenizer.model");
    for (String file : List.of(WEIGHTS, "mimi.safetensors", "tokenizer.model", "config.json")) {
      byte[] whole = Files.readAllBytes(model.resolve(file));
      String path = model.resolve(file).toString();
      Files.writeString(model.resolve(file), pointer);
      run().failedNaming(path + " is a Git LFS pointer", "git lfs pull", "moshi-mlx models pull");
      for (String page : List.of("<!DOCTYPE html><html>", "\ufeff\n<html lang='en'>", "<?xml?>")) {
        Files.writeString(model.resolve(file), page + "Log in".repeat(200));
        run().failedNaming(path + " is a web page", "download it again");
      }
      if (!texts.contains(file)) {
        Files.writeString(model.resolve(file), "Entry not found");
        run().failedNaming(path + " is a text file", "\"Entry not found\"");
      }
      Files.write(model.resolve(file), whole);
    }
    Files.writeString(input, pointer);
    run().failedNaming(input + " is a Git LFS pointer");
    Files.writeString(input, "<html><body>404</body></html>");
    run().failedNaming(input + " is a web page");
  }

  @Test
  void missingAndSurplusTensorsAreNamed() throws IOException {
    editHeader(WEIGHTS, header -> header.replace("\"out_norm.weight\"", "\"other.weight\""));
    run().failedNaming(WEIGHTS, "out_norm.weight", "other.weight");
  }

  @Test
  void aTensorOfAnotherShapeIsNamed() throws IOException {
    editConfig("dim", new JsonPrimitive(128));
    run().failedNaming(WEIGHTS, "text_emb.weight");
  }

  @Test
  void aQ4FileGivenAsQ8() throws IOException {
    edit("model.q8.safetensors", bytes -> read(model.resolve(WEIGHTS)));
    run("--quant", "q8").failedNaming("model.q8.safetensors");
  }

  @Test
  void aPrecisionThatIsNotThere() throws IOException {
    Files.delete(model.resolve("model.q8.safetensors"));
    Files.delete(model.resolve("model.safetensors"));
    run("--quant", "q8").failedNaming("q8", "--quant");
    run("--quant", "bf16").failedNaming("bf16", "--quant");
  }

  @Test
  void aConfigThatIsNotJson() throws IOException {
    for (String text : List.of("", "{", "[1]", "not json", "{\"dim\": 1} trailing")) {
      Files.writeString(model.resolve("config.json"), text);
      run().failedNaming("config.json");
    }
  }

  @Test
  void aConfigThatLacksAKey() throws IOException {
    for (String key : List.of("dim", "num_layers", "card", "n_q", "delays", "depformer_dim")) {
      byte[] config = Files.readAllBytes(model.resolve("config.json"));
      editConfig(key, null);
      run().failedNaming("config.json", key);
      Files.write(model.resolve("config.json"), config);
    }
  }

  @Test
  void aConfigOfAbsurdSizes() throws IOException {
    for (String key : List.of("dim", "num_layers", "card", "context", "text_card", "n_q")) {
      byte[] config = Files.readAllBytes(model.resolve("config.json"));
      for (double size : new double[] {0, -1, 2_000_000_000, 1e300}) {
        editConfig(key, new JsonPrimitive(size));
        run().failedNaming("config.json", key);
        Files.write(model.resolve("config.json"), config);
      }
    }
  }

  @Test
  void aTokenizerOfAnotherSize() throws IOException {
    Path other = Path.of("src/test/resources/tokenizer/tokenizer.model");
    edit("tokenizer.model", bytes -> read(other));
    run().failedNaming("tokenizer.model", "text_card");
  }

  @Test
  void aTokenizerThatIsNone() throws IOException {
    Files.writeString(model.resolve("tokenizer.model"), "no tokenizer");
    run()
        .failed(
            model.resolve("tokenizer.model")
                + " is not a SentencePiece model, or is damaged; download the model again");
  }

  @Test
  void aCodecWithTooFewCodebooks() throws IOException {
    edit(
        "mimi.json",
        bytes ->
            new String(bytes, StandardCharsets.UTF_8)
                .replaceAll("\"n_q\": *[0-9]+", "\"n_q\": 4")
                .getBytes(StandardCharsets.UTF_8));
    run().failedNaming("codebooks");
  }

  /** The JVM outlives it, and every failure is one line. */
  @Test
  void fiveHundredDamagedHeadersAndConfigs() throws IOException {
    Random random = new Random(1);
    List<String> files = List.of(WEIGHTS, "config.json", "mimi.safetensors", "mimi.json");
    int failures = 0;
    for (int trial = 0; trial < 500; trial++) {
      String file = files.get(trial % files.size());
      byte[] whole = Files.readAllBytes(model.resolve(file));
      int header = file.endsWith("json") ? whole.length : headerLength(whole);
      edit(file, bytes -> damage(bytes, header, random));
      Cli.Result result =
          Cli.run("run", "--model", model, "--input", input, "--output", "/dev/null");
      if (result.status() != ExitStatus.DONE) {
        result.failedNaming();
        failures++;
      }
      Files.write(model.resolve(file), whole);
    }
    assertTrue(failures > 250, failures + " failures");
  }

  private static int headerLength(byte[] safetensors) {
    return 8 + (int) ByteBuffer.wrap(safetensors).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  private static byte[] damage(byte[] bytes, int header, Random random) {
    for (int i = random.nextInt(3); i >= 0; i--) {
      int at = random.nextInt(header);
      if (random.nextInt(2) == 0 || !Character.isDigit(bytes[at])) {
        bytes[at] = (byte) random.nextInt(256);
      } else {
        bytes[at] = (byte) ('0' + random.nextInt(10));
      }
    }
    return random.nextInt(8) == 0 ? Arrays.copyOf(bytes, random.nextInt(header)) : bytes;
  }

  private static byte[] read(Path path) {
    try {
      return Files.readAllBytes(path);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
