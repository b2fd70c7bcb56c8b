package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.checkpoint.Precision;
import io.moshimlx.model.Golden;
import io.moshimlx.quantize.QuantizedFolder;
import io.moshimlx.terminal.Terminal;
import io.moshimlx.voice.Tars;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PersonaPlex from the command line; its tokens are those of NVIDIA's own code. */
final class PersonaTest {
  private static final Golden GOLDEN = Golden.of("personaplex");
  private static final Path MODEL = GOLDEN.directory();
  private static final Path USER = MODEL.resolve("user.wav");

  @TempDir private Path folder;
  private Path events;
  private String role;

  @BeforeEach
  void prepare() throws IOException {
    events = folder.resolve("events.ndjson");
    role = json(Files.readString(MODEL.resolve("expected.json"))).get("role").getAsString();
  }

  private Cli.Result run(Path model, Object... options) {
    return Cli.run(
        Stream.concat(
                Stream.of(
                    "run", "--model", model, "--input", USER, "--events", events, "--temp", 0),
                Stream.of(options))
            .toArray());
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }

  private static int[] ints(JsonElement array) {
    return ((JsonArray) array).asList().stream().mapToInt(JsonElement::getAsInt).toArray();
  }

  private void checkEvents(String prefix) throws IOException {
    List<JsonObject> frames =
        Files.readAllLines(events).stream()
            .map(PersonaTest::json)
            .filter(event -> event.get("type").getAsString().equals("frame"))
            .toList();
    assertEquals(GOLDEN.shapes().get("text_tokens")[0], frames.size());
    for (int n = 0; n < frames.size(); n++) {
      JsonObject frame = frames.get(n);
      String where = prefix + "frame " + n;
      assertArrayEquals(
          GOLDEN.tokens(prefix + "user_tokens", n), ints(frame.get("user_tokens")), where);
      assertEquals(
          GOLDEN.tokens(prefix + "text_tokens", n)[0], frame.get("text_token").getAsInt(), where);
      assertArrayEquals(
          GOLDEN.tokens(prefix + "audio_tokens", n), ints(frame.get("audio_tokens")), where);
    }
  }

  @Test
  void aRecordedVoiceAndARoleGiveUpstreamsAnswer() throws IOException {
    run(MODEL, "--voice", MODEL.resolve("voice.wav"), "--persona", role).succeeded();
    checkEvents("");
    Path file = Files.writeString(folder.resolve("role.txt"), role + "\n");
    run(MODEL, "--voice", MODEL.resolve("voice.wav"), "--persona-file", file).succeeded();
    checkEvents("");
  }

  @Test
  void aVoiceMayBeOfAnyFormatWhateverItsName() throws IOException {
    byte[] flac = Files.readAllBytes(Path.of("src/test/resources/formats/mono.flac"));
    Path voice = Files.write(folder.resolve("voice.m4a"), flac);
    run(MODEL, "--voice", voice, "--persona", role).succeeded();
    byte[] aac = Files.readAllBytes(Path.of("src/test/resources/formats/mono.aac.m4a"));
    Files.write(voice, Arrays.copyOf(aac, 30));
    run(MODEL, "--voice", voice, "--persona", role).failedNaming(voice + " is ");
  }

  @Test
  void aStoredVoiceGivesUpstreamsAnswer() throws IOException {
    run(MODEL, "--voice", MODEL.resolve("voice.pt"), "--persona", role).succeeded();
    checkEvents("stored_");
  }

  /** The model with an archive of voices, as it is published. */
  private Path withVoices(String... names) throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    for (String file :
        List.of(
            "config.json",
            "model.safetensors",
            "codec.json",
            "codec.safetensors",
            "tokenizer.model")) {
      Files.copy(MODEL.resolve(file), model.resolve(file));
    }
    Tars.tgz(
        model.resolve("voices.tgz"),
        Files.readAllBytes(MODEL.resolve("voice.pt")),
        Stream.of(names).map("voices/%s.pt"::formatted).toArray(String[]::new));
    return model;
  }

  @Test
  void voicesComeByNameAndOneOfThemByItself() throws IOException {
    Path model = withVoices("NATF0", "VARM1");
    run(model, "--voice", "VARM1", "--persona", role).succeeded();
    checkEvents("stored_");
    run(model, "--persona", role).succeeded();
    checkEvents("stored_");
    run(model, "--voice", "VARM2")
        .failed(
            "there is no voice 'VARM2'; the model has NATF0, VARM1, and any recording can be one");
  }

  @Test
  void unpackedVoicesComeByNameToo() throws IOException {
    Path model = withVoices("NATF0");
    Path voices = Files.createDirectory(model.resolve("voices"));
    Files.copy(MODEL.resolve("voice.pt"), voices.resolve("VARM1.pt"));
    run(model, "--voice", "VARM1", "--persona", role).succeeded();
    checkEvents("stored_");
    run(model, "--voice", "NATF0", "--persona", role).succeeded();
    Files.delete(model.resolve("voices.tgz"));
    run(model, "--persona", role).succeeded();
    checkEvents("stored_");
    run(model, "--voice", "NATF0")
        .failed("there is no voice 'NATF0'; the model has VARM1, and any recording can be one");
    Path copy = folder.resolve("copy");
    ModelFiles files = ModelFiles.find(model, Optional.empty());
    new QuantizedFolder(files, model, copy, Precision.Q4, "make room").make(Files::createFile);
    assertArrayEquals(
        Files.readAllBytes(voices.resolve("VARM1.pt")),
        Files.readAllBytes(copy.resolve("voices/VARM1.pt")));
  }

  @Test
  void aModelWithoutVoicesSaysSo() {
    Cli.Result result = run(MODEL, "--persona", role);
    assertEquals(ExitStatus.DONE, result.status());
    assertEquals(1, result.err().lines().count(), result.err());
    assertTrue(
        result
            .err()
            .startsWith(
                "moshi-mlx: warning: the model in %s comes without stored voices (voices.tgz, or the folder voices)"
                    .formatted(MODEL.toAbsolutePath())),
        result.err());
  }

  @Test
  void theRoleMatters() throws IOException {
    Path voice = MODEL.resolve("voice.pt");
    run(MODEL, "--voice", voice, "--persona", role).succeeded();
    List<String> one = texts();
    run(MODEL, "--voice", voice, "--persona", "You are far.").succeeded();
    List<String> other = texts();
    run(MODEL, "--voice", voice).succeeded();
    assertNotEquals(one, other);
    assertNotEquals(other, texts());
  }

  private List<String> texts() throws IOException {
    return Files.readAllLines(events).stream()
        .map(PersonaTest::json)
        .filter(event -> event.has("text_token"))
        .map(event -> event.get("text_token") + " " + event.get("audio_tokens"))
        .toList();
  }

  @Test
  void aTerminalShowsHowFarItIs() {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8);
    MoshiMlx.execute(
        new Terminal(new ByteArrayOutputStream(), errors, false, true),
        "run",
        "--model",
        MODEL.toString(),
        "--input",
        USER.toString(),
        "--voice",
        MODEL.resolve("voice.wav").toString(),
        "--persona",
        role);
    String shown = err.toString(StandardCharsets.UTF_8);
    assertTrue(shown.contains("preparing the voice, 0 %"), shown);
    assertTrue(shown.contains("preparing the voice, 61 %"), shown);
  }

  @Test
  void otherModelsTakeNoPrompts() {
    String rest =
        " is for models that take a voice and a role, such as PersonaPlex; %s does not; use --model personaplex, or leave it out"
            .formatted(Cli.DEMO.resolve("model.safetensors"));
    run(Cli.DEMO, "--quant", "bf16", "--persona", role).failed("--persona" + rest);
    run(Cli.DEMO, "--quant", "bf16", "--persona-file", "x").failed("--persona-file" + rest);
    run(Cli.DEMO, "--quant", "bf16", "--voice", "NATF2").failed("--voice" + rest);
  }

  @Test
  void aRoleIsGivenOnceAndSaysSomething() {
    for (Object[] wrong :
        new Object[][] {
          {"--persona", role, "--persona-file", "role.txt"}, {"--persona", " "}, {"--persona", ""}
        }) {
      Cli.Result result = run(MODEL, wrong);
      assertEquals(ExitStatus.WRONG_USAGE, result.status());
      assertTrue(result.err().startsWith("moshi-mlx: --persona "), result.err());
    }
  }

  @Test
  void whatCannotBeToldIsNamed() throws IOException {
    Path none = folder.resolve("none.txt");
    run(MODEL, "--persona-file", none)
        .failed(none + " cannot be read: there is no such file; give a text file in UTF-8");
    Path empty = Files.writeString(folder.resolve("empty.txt"), "\n \n");
    run(MODEL, "--persona-file", empty).failed(empty + " is empty; describe the role in it");
    run(MODEL, "--persona", "far ".repeat(2000))
        .failedNaming("the voice and the persona take ", "remembers no more than 3,000");
    run(MODEL, "--voice", "NATF2")
        .failedNaming("comes without stored voices (voices.tgz)", "'NATF2'");
    Path notes = Files.writeString(folder.resolve("notes.wav"), "no sound");
    run(MODEL, "--voice", notes).failedNaming(notes.toString());
  }
}
