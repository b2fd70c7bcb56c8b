package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.moshimlx.audio.Wavs;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The main job, on the built-in model. */
class RunTest {
  private static final int FRAME_BYTES = 2 * 1920;

  @TempDir Path folder;
  private Path input;
  private Path output;

  @BeforeEach
  void makeInput() throws IOException {
    input = Wavs.tone(folder.resolve("in.wav"), 1.0);
    output = folder.resolve("out.wav");
  }

  private Cli.Result run(Object... options) {
    return Cli.run(
        Stream.concat(Stream.of("run", "--model", Cli.DEMO, "--input", input), Stream.of(options))
            .toArray());
  }

  private static List<JsonObject> events(String lines) {
    return lines.lines().map(line -> JsonParser.parseString(line).getAsJsonObject()).toList();
  }

  private static List<JsonObject> frames(List<JsonObject> events) {
    return events.stream().filter(event -> type(event).equals("frame")).toList();
  }

  private static String type(JsonObject event) {
    return event.get("type").getAsString();
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "MLX for Linux has no GPU, MLX for Macs may")
  void aGpuThatIsNotThereIsNamed() {
    run("--device", "gpu").failed("MLX finds no GPU on this machine; leave --device out");
  }

  @Test
  void aModelThatIsTooLargeIsWarnedOfBeforeItIsLoaded() throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    for (String file : List.of("config.json", "mimi.json", "mimi.safetensors", "tokenizer.model")) {
      Files.copy(Cli.DEMO.resolve(file), model.resolve(file));
    }
    String header =
        "{\"x\": {\"dtype\": \"U8\", \"shape\": [1048576, 1048576], \"data_offsets\": [0, %d]}}"
            .formatted(1L << 40);
    // A terabyte of nothing, which fits no model and takes no room on the disk.
    try (RandomAccessFile weights =
        new RandomAccessFile(model.resolve("model.q4.safetensors").toFile(), "rw")) {
      weights.writeLong(Long.reverseBytes(header.length()));
      weights.writeBytes(header);
      weights.setLength(8 + header.length() + (1L << 40));
    }
    Cli.Result result = Cli.run("run", "--model", model, "--input", input);
    assertEquals(ExitStatus.FAILED, result.status());
    List<String> lines = result.err().lines().toList();
    assertEquals(2, lines.size(), result.err());
    assertTrue(
        lines
            .get(0)
            .matches(
                "moshi-mlx: .*model in q4 takes about 1\\.\\d TB of memory, but this machine recommends at"
                    + " most .* GB; choose a smaller model"),
        result.err());
    assertTrue(lines.get(1).contains("does not fit its configuration"), result.err());
  }

  @Test
  void theOutputLinesUpWithTheInput() throws IOException {
    run("--output", output).succeeded();
    byte[] wav = Files.readAllBytes(output);
    assertEquals(44 + 13 * FRAME_BYTES, wav.length, "one second is 12.5 frames, which are 13");
    byte[] first = Arrays.copyOfRange(wav, 44, 44 + FRAME_BYTES);
    assertArrayEquals(new byte[FRAME_BYTES], first, "silence while the delays fill");
    byte[] second = Arrays.copyOfRange(wav, 44 + FRAME_BYTES, 44 + 2 * FRAME_BYTES);
    assertFalse(Arrays.equals(new byte[FRAME_BYTES], second));
  }

  @Test
  void aTailOfSilenceIsAnsweredToo() throws IOException {
    run("--output", output, "--tail", "0.5").succeeded();
    assertEquals(44 + 20 * FRAME_BYTES, Files.size(output));
  }

  @Test
  void aWavThatClaimsMoreThanItHasIsAnsweredWithAWarning() throws IOException {
    Files.write(input, Wavs.bytes(Wavs.PCM, 16, 1, 24000, new byte[4000], 8000));
    Cli.Result result = run("--output", output);
    assertEquals(
        "moshi-mlx: warning: %s is cut off: 4,000 of 8,000 bytes of its sound are missing; what is there is used\n"
            .formatted(input),
        result.err());
    assertEquals(ExitStatus.DONE, result.status());
    assertEquals(44 + 2 * FRAME_BYTES, Files.size(output));
  }

  @Test
  void aLeadOfSilenceIsHeardFirstAndKeptInTheOutput() throws IOException {
    Path events = folder.resolve("events");
    run("--output", output, "--lead", "0.5", "--tail", "0.1", "--events", events).succeeded();
    assertEquals(44 + (7 + 13 + 2) * FRAME_BYTES, Files.size(output));
    assertEquals(
        7 + 13 + 2,
        Files.readAllLines(events).stream().filter(e -> e.contains("\"frame\"")).count());
  }

  @Test
  void oneChannelIsHeardAlone() throws IOException {
    byte[] mono = Files.readAllBytes(input);
    run("--output", output, "--temp", 0).succeeded();
    byte[] answer = Files.readAllBytes(output);
    byte[] stereo = new byte[2 * (mono.length - 44)];
    for (int at = 44; at < mono.length; at += 2) {
      // The tone is on the right, and silence on the left.
      System.arraycopy(mono, at, stereo, 2 * (at - 44) + 2, 2);
    }
    Files.write(input, Wavs.bytes(Wavs.PCM, 16, 2, 24000, stereo));
    for (String right : List.of("right", "2")) {
      run("--output", output, "--temp", 0, "--channel", right).succeeded();
      assertArrayEquals(answer, Files.readAllBytes(output));
    }
    run("--channel", "3")
        .failed(
            input + " has 2 channels, so there is no channel 3; choose another, or 'mix' for all");
  }

  @Test
  void anyRateAndNumberOfChannelsIsTaken() throws IOException {
    byte[] data = new byte[3 * 2 * 44100];
    Files.write(input, Wavs.bytes(Wavs.PCM, 24, 2, 44100, data));
    run("--output", output).succeeded();
    assertEquals(44 + 13 * FRAME_BYTES, Files.size(output));
  }

  @Test
  void atTemperatureZeroTheSeedHasNoPart() throws IOException {
    run("--output", output, "--temp", 0, "--seed", 7).succeeded();
    byte[] wav = Files.readAllBytes(output);
    run("--output", output, "--temp", 0, "--seed", 8).succeeded();
    assertArrayEquals(wav, Files.readAllBytes(output));
  }

  @Test
  void everyPrecisionRuns() {
    for (String quant : List.of("q4", "q8", "bf16")) {
      List<JsonObject> events = events(run("--quant", quant, "--events", "-").succeeded().out());
      assertEquals(quant, events.getFirst().get("quant").getAsString());
    }
    run("--quant", "bf16", "--dtype", "bfloat16").succeeded();
  }

  @Test
  void everyWayOfSamplingRuns() {
    run("--top-k", 5, "--text-top-k", 0).succeeded();
    run("--top-p", 0.9, "--text-top-p", 0.5, "--temp", 1.2).succeeded();
    run("--min-p", 0.1, "--text-min-p", 0.2, "--text-temp", 0.3).succeeded();
  }

  @Test
  void eventsTellTheWholeSession() throws IOException {
    Path file = folder.resolve("events.jsonl");
    Cli.Result result = run("--events", file, "--seed", 3).succeeded();
    List<JsonObject> events = events(Files.readString(file));
    JsonObject session = events.getFirst();
    assertEquals("session", type(session));
    assertEquals(1, session.get("schema").getAsInt());
    assertEquals(Cli.DEMO.toString(), session.get("model").getAsString());
    assertEquals(3, session.get("seed").getAsLong());
    JsonObject end = events.getLast();
    assertEquals("end", type(end));
    assertEquals("input_ended", end.get("reason").getAsString());
    assertEquals(13, end.get("frames").getAsInt());
    assertEquals(1.04, end.getAsJsonObject("stats").get("audio_seconds").getAsDouble());
    List<JsonObject> frames = frames(events);
    assertEquals(events.size() - 2, frames.size());
    for (int n = 0; n < frames.size(); n++) {
      assertEquals(n, frames.get(n).get("n").getAsInt());
      assertEquals(8, frames.get(n).getAsJsonArray("user_tokens").size());
      JsonElement audio = frames.get(n).get("audio_tokens");
      assertEquals(n == 0, audio.isJsonNull(), "the longest delay is 1");
    }
    String text =
        frames.stream().map(frame -> frame.get("text").getAsString()).collect(Collectors.joining());
    assertEquals(text.strip(), result.out().strip(), "the text on stdout is that of the events");
  }

  @Test
  void onStdoutEventsStandAlone() {
    List<JsonObject> events = events(run("--events", "-").succeeded().out());
    assertEquals(13, frames(events).size());
  }

  @Test
  void aFormerOutputIsReplaced() throws IOException {
    Files.writeString(output, "former");
    run("--output", output).succeeded();
    assertTrue(Files.size(output) > 44);
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(2, files.count(), "nothing else is left behind");
    }
  }
}
