package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.moshimlx.audio.Wavs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantizeTest {
  private static final Path SOURCE = Cli.DEMO.resolve("model.safetensors");

  @TempDir Path folder;
  private Path input;
  private Path out;

  @BeforeEach
  void makeInput() throws IOException {
    input = Wavs.tone(folder.resolve("in.wav"), 1.5);
    out = folder.resolve("out");
  }

  /** What a model makes of the input, frame by frame. */
  private List<String> tokens(Object model, Object... options) {
    Object[] arguments =
        Stream.concat(
                Stream.of("run", "--model", model, "--input", input, "--temp", "0"),
                Stream.concat(Stream.of(options), Stream.of("--events", "-")))
            .toArray();
    return Cli.run(arguments)
        .succeeded()
        .out()
        .lines()
        .map(line -> JsonParser.parseString(line).getAsJsonObject())
        .filter(event -> event.get("type").getAsString().equals("frame"))
        .map(frame -> frame.get("text_token") + " " + frame.get("audio_tokens"))
        .toList();
  }

  private List<String> names(Path of) throws IOException {
    try (Stream<Path> files = Files.list(of)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void theNewModelSaysWhatUpstreamsQuantisedOneSays() throws IOException {
    for (String quant : List.of("q4", "q8")) {
      Path model = folder.resolve(quant);
      assertEquals(
          model.resolve("model." + quant + ".safetensors")
              + (quant.equals("q4")
                  ? ": 4 bits in groups of 32, 0.4 MB, from 1.3 MB\n"
                  : ": 8 bits in groups of 64, 0.7 MB, from 1.3 MB\n"),
          Cli.run("quantize", Cli.DEMO, model, "--quant", quant).succeeded().out());
      List<String> ours = tokens(model);
      assertEquals(19, ours.size());
      assertEquals(tokens(Cli.DEMO, "--quant", quant), ours);
    }
  }

  @Test
  void theNewFolderIsAModelOfItsOwn() throws IOException {
    Files.createDirectory(out); // One that is empty is taken.
    Cli.run("quantize", Cli.DEMO, out, "--quant", "q6").succeeded();
    assertEquals(
        List.of(
            "README.md",
            "config.json",
            "mimi.json",
            "mimi.safetensors",
            "model.q6.safetensors",
            "tokenizer.model"),
        names(out));
    JsonObject former = config(Cli.DEMO);
    former.addProperty("moshi_name", "model.q6.safetensors");
    assertEquals(former, config(out));
    assertEquals(List.of("in.wav", "out"), names(folder));
    assertEquals(19, tokens(out).size());
    assertEquals(19, tokens(out, "--quant", "q6").size());
  }

  private static JsonObject config(Path model) throws IOException {
    return JsonParser.parseString(Files.readString(model.resolve("config.json"))).getAsJsonObject();
  }

  @Test
  void groupsOfAnotherSizeAreLoadedAsTheyAre() throws IOException {
    Cli.run("quantize", Cli.DEMO, out, "--quant", "q4", "--group-size", "64").succeeded();
    assertTrue(Files.exists(out.resolve("model.q4-g64.safetensors")));
    List<String> said = tokens(out);
    Files.move(out.resolve("model.q4-g64.safetensors"), out.resolve("model.safetensors"));
    Files.delete(out.resolve("config.json"));
    Files.copy(Cli.DEMO.resolve("config.json"), out.resolve("config.json"));
    // Whatever its name, the file itself says what it holds.
    assertEquals(said, tokens(out));
  }

  @Test
  void matricesThatGroupsDoNotDivideAreTold() {
    Path golden = Path.of("src/test/resources/goldens/quantize");
    String said =
        Cli.run(
                "quantize",
                golden.resolve("model.safetensors"),
                folder.resolve("x.safetensors"),
                "--quant",
                "q8")
            .succeeded()
            .out();
    assertTrue(
        said.contains(
            "not quantised, because groups of 64 do not divide their rows: depformer.slices.0."),
        said);
  }

  @Test
  void likenessIsTold() throws IOException {
    Pattern line =
        Pattern.compile(
            "(?s).*\nfidelity: text ([\\d.]+) % of greedy tokens the same, KL divergence ([\\d.]+) nats;"
                + " audio ([\\d.]+) % of greedy tokens the same, KL divergence ([\\d.]+) nats\n");
    double[] q8 = likeness(line, "q8", Cli.DEMO);
    double[] q4 = likeness(line, "q4", SOURCE);
    assertTrue(q8[1] < q4[1] && q8[3] < q4[3], q8[3] + " and " + q4[3]);
    assertTrue(q8[2] > q4[2] && q8[2] <= 100 && q4[2] > 5, q8[2] + " and " + q4[2]);
  }

  @Test
  void theCheckHearsAnyFormat() {
    Path flac = Path.of("src/test/resources/formats/mono.flac");
    Path file = folder.resolve("x.q8.safetensors");
    Cli.Result result = Cli.run("quantize", SOURCE, file, "--quant", "q8", "--check", flac);
    assertTrue(result.succeeded().out().contains("fidelity: "), result.out());
  }

  private double[] likeness(Pattern line, String quant, Path in) {
    Path file = folder.resolve("x." + quant + ".safetensors");
    String said =
        Cli.run("quantize", in, file, "--quant", quant, "--check", input).succeeded().out();
    Matcher match = line.matcher(said);
    assertTrue(match.matches(), said);
    return Stream.of(1, 2, 3, 4)
        .mapToDouble(group -> Double.parseDouble(match.group(group)))
        .toArray();
  }

  @Test
  void nothingOfTheUsersIsOverwritten() throws IOException {
    Files.createDirectory(out);
    Files.writeString(out.resolve("mine"), "mine");
    Cli.run("quantize", Cli.DEMO, out, "--quant", "q4")
        .failed(out + " is not empty; name a folder that does not exist yet");
    Path file = Files.writeString(folder.resolve("file"), "mine");
    Cli.run("quantize", Cli.DEMO, file, "--quant", "q4")
        .failedNaming(file.toString(), "does not end in .safetensors");
    Path own = Files.copy(SOURCE, folder.resolve("own.safetensors"));
    Cli.run("quantize", own, own, "--quant", "q4")
        .failed(own + " is both IN and OUT; choose another name for OUT");
    assertEquals(List.of("file", "in.wav", "out", "own.safetensors"), names(folder));
  }

  @Test
  void whatCannotBeReadOrWrittenIsNamed() throws IOException {
    Path none = folder.resolve("none");
    Cli.run("quantize", none, out, "--quant", "q4").failedNaming(none + " is not a folder");
    Cli.run("quantize", Cli.DEMO, none.resolve("out"), "--quant", "q4")
        .failed(
            "%s cannot be written: the folder %s does not exist; make room, or choose another place"
                .formatted(none.resolve("out"), none));
    Path cut = folder.resolve("cut.safetensors");
    Files.write(cut, Arrays.copyOf(Files.readAllBytes(SOURCE), 5000));
    Cli.run("quantize", cut, folder.resolve("x.safetensors"), "--quant", "q4")
        .failedNaming(cut.toString());
    assertEquals(List.of("cut.safetensors", "in.wav"), names(folder));
  }

  /** A limit on the size of files stands for a disk that fills up half-way. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void aDiskThatFillsUpIsNamedAndNothingIsLeft() throws Exception {
    for (Object to : List.of(out, folder.resolve("x.safetensors"))) {
      List<String> command =
          Stream.concat(
                  Stream.of("bash", "-c", "ulimit -f 200; exec \"$@\"", "limited"),
                  Cli.process(List.of(), "quantize", Cli.DEMO, to, "--quant", "q8").stream())
              .toList();
      Path logs = Files.createTempDirectory("quantize");
      Cli.await(logs, command)
          .failed(to + " cannot be written: File too large; make room, or choose another place");
      assertEquals(List.of("in.wav"), names(folder));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "out --quant q5 # Invalid value for option '--quant': 'q5' is none of q4, q6, q8",
        "out --quant q4 --group-size 48 # --group-size must be 32, 64 or 128, not 48",
        "a.q4.safetensors --quant q8 # a.q4.safetensors is the name of a file of 4 bits in groups of 32; choose a name that ends in .q8.safetensors",
        "a.q4.safetensors --quant q4 --group-size 64 # a.q4.safetensors is the name of a file of 4 bits in groups of 32; choose a name that ends in .q4-g64.safetensors",
        "out # Missing required option: '--quant=q4|q6|q8'",
      })
  void wrongUsageIsNamed(String options, String message) {
    Object[] arguments =
        Stream.concat(Stream.of("quantize", Cli.DEMO), Stream.of(options.split(" "))).toArray();
    Cli.Result result = Cli.run(arguments);
    assertEquals(
        "moshi-mlx: %s\nTry 'moshi-mlx quantize --help'\n".formatted(message), result.err());
    assertEquals(ExitStatus.WRONG_USAGE, result.status());
  }
}
