package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.Safetensors;
import io.moshimlx.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import javax.sound.sampled.UnsupportedAudioFileException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole of {@code run}, from a recording to text, tokens and voice, against upstream's. */
final class WholeRunTest {
  private static final Path GOLDENS = Path.of("src/test/resources/goldens");
  private static final Path INPUT = GOLDENS.resolve("codec/input.wav");
  private static final int FRAME = 1920;

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"f32-7b-like", "q4", "q8"})
  void saysWhatUpstreamSays(String name) throws Exception {
    Path golden = GOLDENS.resolve(name);
    JsonObject expected = json(Files.readString(golden.resolve("whole-run.json")));
    Path model = modelFolder(golden);
    Path output = folder.resolve("reply.wav");
    Path events = folder.resolve("events.ndjson");

    String text = run(model, output, events);

    // Upstream prints the names of control pieces; they are not speech.
    String upstreams = expected.get("text").getAsString().replaceAll("</?s>", "");
    assertEquals(upstreams.strip(), text.strip());
    checkTokens(golden, Files.readAllLines(events));
    checkVoice(golden, expected, output);
  }

  @Test
  void theSameRunGivesTheSameBytes() throws Exception {
    Path model = modelFolder(GOLDENS.resolve("q4"));
    Path first = folder.resolve("first.wav");
    Path second = folder.resolve("second.wav");
    String text = run(model, first, folder.resolve("first"), "--temp", "0.8", "--seed", "7");
    assertEquals(
        text, run(model, second, folder.resolve("second"), "--temp", "0.8", "--seed", "7"));
    assertArrayEquals(Files.readAllBytes(first), Files.readAllBytes(second));
    String other = run(model, second, folder.resolve("second"), "--temp", "0.8", "--seed", "8");
    assertFalse(text.equals(other));
  }

  /** A model directory as a user has it: the checkpoint, its codec and its tokenizer. */
  private Path modelFolder(Path golden) throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    for (Path source : List.of(golden, GOLDENS.resolve("codec"))) {
      try (Stream<Path> files = Files.list(source)) {
        for (Path file : files.toList()) {
          Files.copy(file, model.resolve(file.getFileName().toString()));
        }
      }
    }
    Files.delete(model.resolve("expected.safetensors"));
    Files.delete(model.resolve("whole-run.safetensors"));
    return model;
  }

  private static String run(Path model, Path output, Path events, String... sampling) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(out, new PrintStream(err, true, StandardCharsets.UTF_8), false, false);
    List<String> arguments =
        Stream.concat(
                Stream.of("run", "--model", model.toString(), "--input", INPUT.toString()),
                Stream.of("--output", output.toString(), "--events", events.toString()))
            .toList();
    List<String> rest =
        Stream.concat(
                Stream.of("--tail", "3.6"),
                Stream.of(sampling.length == 0 ? new String[] {"--temp", "0"} : sampling))
            .toList();
    int status =
        MoshiMlx.execute(
            terminal, Stream.concat(arguments.stream(), rest.stream()).toArray(String[]::new));
    assertEquals("", err.toString(StandardCharsets.UTF_8));
    assertEquals(0, status);
    return out.toString(StandardCharsets.UTF_8);
  }

  private static void checkTokens(Path golden, List<String> lines) {
    Map<String, MlxArray> tensors = Safetensors.load(golden.resolve("whole-run.safetensors"));
    Map<String, int[][]> expected = new LinkedHashMap<>();
    tensors.forEach((key, array) -> {
      if (!key.equals("pcm")) {
        expected.put(key, rows(array));
      }
      array.close();
    });
    List<JsonObject> frames =
        lines.stream()
            .map(WholeRunTest::json)
            .filter(event -> event.get("type").getAsString().equals("frame"))
            .toList();
    assertEquals(expected.get("text_tokens").length, frames.size());
    for (int n = 0; n < frames.size(); n++) {
      JsonObject frame = frames.get(n);
      String where = golden.getFileName() + ", step " + n;
      assertEquals(n, frame.get("n").getAsInt(), where);
      assertEquals(expected.get("text_tokens")[n][0], frame.get("text_token").getAsInt(), where);
      assertArrayEquals(
          expected.get("user_tokens")[n], ints(frame.getAsJsonArray("user_tokens")), where);
      int[] audio = expected.get("audio_tokens")[n];
      if (audio[0] < 0) {
        assertEquals(true, frame.get("audio_tokens").isJsonNull(), where);
      } else {
        assertArrayEquals(audio, ints(frame.getAsJsonArray("audio_tokens")), where);
      }
    }
    assertEquals("session", json(lines.getFirst()).get("type").getAsString());
    JsonObject end = json(lines.getLast());
    assertEquals("end", end.get("type").getAsString());
    assertEquals(frames.size(), end.get("frames").getAsInt());
  }

  private static void checkVoice(Path golden, JsonObject expected, Path output)
      throws IOException, UnsupportedAudioFileException {
    float[] upstreams;
    try (MlxArray pcm = takePcm(golden)) {
      upstreams = pcm.toFloats();
    }
    short[] ours = samples(output);
    assertEquals(expected.get("steps").getAsInt() * FRAME, ours.length);
    int[] numbers = ints(expected.getAsJsonArray("pcm_frames"));
    for (int i = 0; i < numbers.length; i++) {
      for (int j = 0; j < FRAME; j++) {
        float sample = ours[numbers[i] * FRAME + j] / 32768f;
        assertEquals(upstreams[i * FRAME + j], sample, 2e-4f, "frame " + numbers[i]);
      }
    }
  }

  private static MlxArray takePcm(Path golden) {
    Map<String, MlxArray> tensors = Safetensors.load(golden.resolve("whole-run.safetensors"));
    MlxArray pcm = tensors.remove("pcm");
    tensors.values().forEach(MlxArray::close);
    return pcm;
  }

  private static short[] samples(Path wav) throws IOException, UnsupportedAudioFileException {
    try (AudioInputStream in = AudioSystem.getAudioInputStream(wav.toFile())) {
      assertEquals(24000, in.getFormat().getSampleRate());
      assertEquals(1, in.getFormat().getChannels());
      assertEquals(16, in.getFormat().getSampleSizeInBits());
      byte[] bytes = in.readAllBytes();
      short[] samples = new short[bytes.length / 2];
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer().get(samples);
      return samples;
    }
  }

  private static int[][] rows(MlxArray array) {
    int[] all = array.toInts();
    int[][] rows = new int[array.dim(0)][all.length / array.dim(0)];
    for (int i = 0; i < all.length; i++) {
      rows[i / rows[0].length][i % rows[0].length] = all[i];
    }
    return rows;
  }

  private static int[] ints(JsonArray array) {
    return array.asList().stream().mapToInt(element -> element.getAsInt()).toArray();
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }
}
