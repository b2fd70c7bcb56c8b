package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.moshimlx.audio.Wavs;
import io.moshimlx.terminal.Terminal;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The file of defaults, from the command line. */
class DefaultsTest {
  @TempDir Path folder;
  private Path file;
  private Path input;
  private Map<String, String> environment;

  @BeforeEach
  void start() throws IOException {
    file = folder.resolve("config/moshi-mlx/defaults.properties");
    Files.createDirectories(file.getParent());
    input = Wavs.tone(folder.resolve("in.wav"), 0.3);
    environment =
        new HashMap<>(
            Map.of(
                "XDG_CONFIG_HOME", folder.resolve("config").toString(),
                "HOME", folder.toString(),
                "HF_HUB_OFFLINE", "1"));
  }

  private void defaults(String... lines) throws IOException {
    Files.write(file, List.of(lines));
  }

  private Cli.Result moshi(Object... arguments) {
    return Cli.run(environment, arguments);
  }

  private Cli.Result run(Object... options) {
    return moshi(
        Stream.concat(Stream.of("run", "--input", input, "--events", "-"), Stream.of(options))
            .toArray());
  }

  /** As Windows' editor begins a file. */
  @Test
  void aByteOrderMarkIsNoPartOfAKey() throws IOException {
    defaults("\uFEFFseed = 7", "model=demo");
    Cli.Result result = run();
    assertEquals("", result.err());
    assertEquals(7, session(result).get("seed").getAsLong());
  }

  private static JsonObject session(Cli.Result result) {
    return JsonParser.parseString(result.succeeded().out().lines().findFirst().orElseThrow())
        .getAsJsonObject();
  }

  private void refused(String message, Cli.Result result) {
    String help = message.endsWith(")") ? "" : "Try 'moshi-mlx run --help'\n";
    assertEquals("moshi-mlx: %s\n%s".formatted(message, help), result.err());
    assertEquals(ExitStatus.WRONG_USAGE, result.status());
  }

  @Test
  void anOptionOfOneCommandOrOfAll() throws IOException {
    defaults("# mine", "moshi-mlx.run.seed = 7  ", "model=demo");
    JsonObject session = session(run());
    assertEquals(7, session.get("seed").getAsLong());
    assertEquals("demo", session.get("model").getAsString());
    assertEquals(8, session(run("--seed", "8")).get("seed").getAsLong());
  }

  @Test
  void withoutXdgItIsInTheHome() throws IOException {
    Path home = Files.createDirectories(folder.resolve(".config/moshi-mlx"));
    String model = "~/" + folder.relativize(Cli.DEMO);
    Files.writeString(home.resolve("defaults.properties"), "model = " + model);
    for (String none : List.of("", "relative")) {
      environment.put("XDG_CONFIG_HOME", none);
      assertEquals(
          model.replace("~", folder.toString()), session(run()).get("model").getAsString());
    }
  }

  @Test
  void aFlagThatIsSetStaysSetWhenTyped() throws IOException {
    defaults("json=true");
    String json = moshi("voices").succeeded().out();
    assertTrue(json.startsWith("{"), json);
    assertEquals(json, moshi("voices", "--json").succeeded().out());
    assertTrue(moshi("voices", "--json=false").succeeded().out().startsWith("NAME"));
    assertTrue(moshi("voices", "-q").succeeded().out().startsWith("moshiko\n"));
  }

  /** picocli turns a flag that is typed into the opposite of its default, unless it is told. */
  @Test
  void everyFlagSaysWhatItMeansWhenTyped() {
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), true);
    MoshiMlx command =
        new MoshiMlx(
            new Terminal(OutputStream.nullOutputStream(), nowhere, false, false), Map.of());
    assertTrue(flags(new CommandLine(command).getCommandSpec()) > 10);
  }

  private static int flags(CommandSpec command) {
    int flags = 0;
    for (OptionSpec option : command.options()) {
      if (option.type() == boolean.class && !option.usageHelp() && !option.versionHelp()) {
        assertEquals("true", option.fallbackValue(), command.qualifiedName() + option);
        flags++;
      }
    }
    for (CommandLine child : command.subcommands().values()) {
      flags += flags(child.getCommandSpec());
    }
    return flags;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "run.quant          | did you mean moshi-mlx.run.quant?",
        "moshi-mlx.run.qunat | did you mean moshi-mlx.run.quant?",
        "moshi-mlx.rnu.quant | did you mean moshi-mlx.run.quant?",
        "qunat              | did you mean quant, quiet?",
        "moshi-mlx.run.--quant | did you mean moshi-mlx.run.quant?",
        "colour             | use keys such as moshi-mlx.run.quant; see 'moshi-mlx run --help'",
        "moshi-mlx.run.version     | use keys such as moshi-mlx.run.quant; see 'moshi-mlx run --help'",
      })
  void keysThatSetNothingAreTold(String key, String remedy) throws IOException {
    defaults(key + "=q4");
    Cli.Result result = moshi("voices", "-q");
    assertEquals(
        "moshi-mlx: %s: '%s' sets no option; %s\n".formatted(file, key, remedy), result.err());
    assertEquals(ExitStatus.DONE, result.status());
  }

  @Test
  void everyKeyOfPicocliIsKnown() throws IOException {
    defaults(
        "moshi-mlx.models.pull.quant=q4",
        "moshi-mlx.quantize.IN=demo",
        "moshi-mlx.run.text-top-k=1",
        "moshi-mlx.verbose=false",
        "moshi-mlx.voices.quiet=true");
    assertTrue(moshi("voices").succeeded().out().startsWith("moshiko\n"));
  }

  @Test
  void aBadValueIsTracedToTheFile() throws IOException {
    defaults("moshi-mlx.run.quant=q5");
    refused(
        "Invalid value for option '--quant': 'q5' is none of q4, q6, q8, bf16 (%s sets --quant)"
            .formatted(file),
        run("--model", "demo"));
    assertEquals(ExitStatus.DONE, moshi("voices").status());
    defaults("device=tpu");
    refused(
        "Invalid value for option '--device': 'tpu' is none of cpu, gpu (%s sets --device)"
            .formatted(file),
        run("--model", "demo"));
    defaults("moshi-mlx.run.top-p=2");
    refused(
        "--top-p must be from 0 to 1, not 2.0 (%s sets --top-p)".formatted(file),
        run("--model", "demo"));
    defaults("moshi-mlx.run.temp=0");
    refused(
        "--temp 0 always takes the likeliest token, so --top-k would have no effect (%s sets --temp)"
            .formatted(file),
        run("--model", "demo", "--top-k", "5"));
    defaults("moshi-mlx.run.top-k=5");
    refused(
        "Invalid value for option '--top-k': 'many' is not an int",
        run("--model", "demo", "--top-k", "many"));
    refused("--top-p must be from 0 to 1, not 2.0", run("--model", "demo", "--top-p", "2"));
    refused(
        "Expected parameter for option '--top-k' but found '--top-p'", run("--top-k", "--top-p"));
  }

  @Test
  void whatCannotBeReadIsNamed() throws IOException {
    Files.createDirectory(file);
    moshi("voices")
        .failed(
            file
                + " cannot be read: it is a folder; repair or remove this file, which holds your "
                + "defaults of options");
    Files.delete(file);
    Files.write(file, new byte[] {'a', '=', (byte) 0xff});
    moshi("voices").failed(file + " is not UTF-8 text; save it as UTF-8");
    defaults("model=C:\\users");
    moshi("voices")
        .failed(
            file
                + " has a \\u without four hexadecimal digits after it; write a backslash as \\\\");
  }

  @Test
  void whatIsForConversationsDoesNotHinderRecordings() throws IOException {
    defaults(
        "model=demo",
        "moshi-mlx.run.input-device=none of that name",
        "moshi-mlx.run.output-device=1",
        "moshi-mlx.run.echo-cancellation=on",
        "moshi-mlx.run.record=" + folder.resolve("talk.wav"),
        "moshi-mlx.run.duration=60");
    run().succeeded();
    assertTrue(Files.notExists(folder.resolve("talk.wav")));
    refused(
        "--record goes with a live conversation, not with --input", run("--record", "other.wav"));
  }

  @Test
  void whatIsTypedWinsOverWhatContradictsIt() throws IOException {
    defaults("model=demo");
    String greedy = run("--temp", "0").succeeded().out();
    String bestOfFive = run("--top-k", "5").succeeded().out();
    defaults("model=demo", "moshi-mlx.run.top-p=0.5", "moshi-mlx.run.text-min-p=0.5");
    assertEquals(tokens(greedy), tokens(run("--temp", "0").succeeded().out()));
    assertEquals(
        tokens(bestOfFive), tokens(run("--top-k", "5", "--text-top-k", "25").succeeded().out()));
  }

  /** The text and audio tokens of each frame. */
  private static List<String> tokens(String events) {
    return events
        .lines()
        .map(line -> JsonParser.parseString(line).getAsJsonObject())
        .filter(event -> event.get("type").getAsString().equals("frame"))
        .map(event -> event.get("text_token") + " " + event.get("audio_tokens"))
        .toList();
  }

  @Test
  void voiceAndModelGoByWhoSaysIt() throws IOException {
    Files.writeString(
        file.resolveSibling("voices.json"),
        "{\"ann\": {\"model\": \"demo\"}, \"bob\": {\"model\": \"" + Cli.DEMO + "\"}}");
    defaults("moshi-mlx.run.voice=ann");
    assertEquals("ann", session(run()).get("voice").getAsString());
    assertEquals("bob", session(run("--voice", "bob")).get("voice").getAsString());
    run("--model", "moshiko").failedNaming("moshiko-q4 is not downloaded");
    defaults("moshi-mlx.run.voice=anna");
    run().failedNaming("defaults.properties: there is no voice 'anna'");

    defaults("moshi-mlx.run.model=moshiko");
    assertEquals("bob", session(run("--voice", "bob")).get("voice").getAsString());
    environment.put("MOSHI_MLX_VOICE", "ann");
    assertEquals("ann", session(run()).get("voice").getAsString());
    environment.remove("MOSHI_MLX_VOICE");

    defaults("moshi-mlx.run.model=moshiko", "moshi-mlx.run.voice=ann");
    refused(
        "--voice ann belongs to the model demo, not to --model moshiko; leave one of them out "
            + "(%s sets --voice and --model)".formatted(file),
        run());
  }

  @Test
  void aPrecisionIsForThoseThatComeInIt() throws IOException {
    defaults("quant=q8");
    assertEquals("q8", session(run("--model", "demo")).get("quant").getAsString());
    run("--model", "moshiko").failedNaming("moshiko-q8 is not downloaded");
    run("--model", "hibiki-1b").failedNaming("hibiki-1b-q8 is not downloaded");
    run("--model", "moshiko-q4").failedNaming("moshiko-q4 is not downloaded");
    run("--model", "hibiki-1b-q4").failedNaming("hibiki-1b-q4 is not downloaded");
    run("--model", "moshiko-q4", "--quant", "q8").failedNaming("moshiko-q4 does not come in q8");
  }
}
