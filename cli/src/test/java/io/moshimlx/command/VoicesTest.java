package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.moshimlx.audio.Wavs;
import io.moshimlx.hub.FakeHub;
import io.moshimlx.store.HubModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Voices by their names, from the command line. */
class VoicesTest {
  @TempDir Path folder;
  private FakeHub server;
  private Map<String, String> environment;
  private Path input;
  private Path config;

  @BeforeEach
  void start() throws IOException {
    server = FakeHub.start();
    environment = server.environment(folder.resolve("home"));
    environment.put("HOME", folder.toString());
    config = Files.createDirectories(folder.resolve("config/moshi-mlx"));
    environment.put("XDG_CONFIG_HOME", folder.resolve("config").toString());
    input = Wavs.tone(folder.resolve("in.wav"), 0.3);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Path own(String json) throws IOException {
    return Files.writeString(config.resolve("voices.json"), json);
  }

  private Cli.Result moshi(Object... arguments) {
    return Cli.run(environment, arguments);
  }

  private Cli.Result run(Object... options) {
    return moshi(
        Stream.concat(
                Stream.of("run", "--input", input, "--temp", "0", "--events", "-"),
                Stream.of(options))
            .toArray());
  }

  /** The first event of a run. */
  private JsonObject session(Object... options) {
    String first = run(options).succeeded().out().lines().findFirst().orElseThrow();
    return JsonParser.parseString(first).getAsJsonObject();
  }

  private void spoken(String voice, String model, Object... options) {
    JsonObject session = session(options);
    assertEquals(voice, session.get("voice").getAsString());
    assertEquals(model, session.get("model").getAsString());
  }

  private static void refused(String message, Cli.Result result) {
    assertEquals("moshi-mlx: %s\nTry 'moshi-mlx run --help'\n".formatted(message), result.err());
    assertEquals(ExitStatus.WRONG_USAGE, result.status());
  }

  private List<String> names(Object... options) {
    return moshi(Stream.concat(Stream.of("voices", "-q"), Stream.of(options)).toArray())
        .succeeded()
        .out()
        .lines()
        .toList();
  }

  private void pullMoshika() {
    for (String file :
        List.of(
            "model.q4.safetensors",
            "tokenizer-e351c8d8-checkpoint125.safetensors",
            "tokenizer_spm_32k_3.model")) {
      server.putLarge("kyutai/moshika-mlx-q4", file, file.getBytes(StandardCharsets.UTF_8));
    }
    moshi("models", "pull", "moshika-q4").succeeded();
  }

  @Test
  void theListIsForPeople() throws IOException {
    own("{\"work\": {\"model\": \"kyutai/moshika-mlx-q4\"}}");
    pullMoshika();
    List<String> lines = moshi("voices").succeeded().out().lines().toList();
    assertTrue(lines.getFirst().matches("NAME +KIND +MODEL +DOWNLOADED"), lines.getFirst());
    assertTrue(lines.get(1).matches("work +own +kyutai/moshika-mlx-q4 +yes"), lines.get(1));
    assertTrue(lines.get(2).matches("moshiko +male +moshiko +no"), lines.get(2));
    assertTrue(lines.get(3).matches("moshika +female +moshika +yes"), lines.get(3));
    assertTrue(lines.get(4).matches("NATF0 +female, natural +personaplex +no"), lines.get(4));
    assertTrue(lines.getLast().matches("demo +a toy .* demo +yes"), lines.getLast());
  }

  @Test
  void theListIsForScripts() throws IOException {
    own("{\"captain\": {\"prompt\": \"c.wav\", \"persona\": \"You command a ship.\"}}");
    List<JsonObject> voices =
        JsonParser.parseString(moshi("voices", "--json").succeeded().out())
            .getAsJsonObject()
            .getAsJsonArray("voices")
            .asList()
            .stream()
            .map(JsonElement::getAsJsonObject)
            .toList();
    assertEquals(
        JsonParser.parseString(
            """
            {"name": "captain", "kind": "own", "own": true, "model": "personaplex", "prompt": "%s",
             "persona": "You command a ship.", "here": false}
            """
                .formatted(config.resolve("c.wav"))),
        voices.getFirst());
    assertEquals(
        JsonParser.parseString(
            """
            {"name": "demo", "kind": "a toy that is built in", "own": false, "model": "demo",
             "here": true}
            """),
        voices.getLast());
    assertEquals(names(), voices.stream().map(voice -> voice.get("name").getAsString()).toList());
    for (JsonObject voice : voices.subList(1, voices.size() - 1)) {
      String model = voice.get("model").getAsString();
      assertTrue(HubModel.of(model, Optional.empty()).isPresent(), model);
    }
  }

  @Test
  void namesStandAlone() throws IOException {
    assertEquals(
        List.of(
            "moshiko", "moshika", "NATF0", "NATF1", "NATF2", "NATF3", "NATM0", "NATM1", "NATM2",
            "NATM3", "VARF0", "VARF1", "VARF2", "VARF3", "VARF4", "VARM0", "VARM1", "VARM2",
            "VARM3", "VARM4", "demo"),
        names());
    own("{\"b\": {\"model\": \"demo\"}, \"a\": {\"model\": \"~/none\"}}");
    assertEquals(List.of("b", "a", "moshiko"), names().subList(0, 3));
    assertEquals(List.of("b", "demo"), names("--here"));
    Cli.Result both = moshi("voices", "-q", "--json");
    assertEquals(
        "moshi-mlx: --quiet and --json exclude each other\nTry 'moshi-mlx voices --help'\n",
        both.err());
    assertTrue(server.requests().isEmpty());
  }

  @Test
  void aVoiceBringsItsModel() throws IOException {
    spoken("demo", "demo", "--voice", "demo");
    run("--voice", "moshika", "--offline")
        .failedNaming("moshika-q4 is not downloaded", "'moshi-mlx models pull moshika-q4'");
    run("--voice", "moshika", "--quant", "q8", "--offline")
        .failedNaming("moshika-q8 is not downloaded");
    server.putLarge("org/own", "model.safetensors", new byte[1]);
    own("{\"work\": {\"model\": \"org/own\"}}");
    run("--voice", "work").failedNaming("org/own has no file tokenizer-e351c8d8");
  }

  @Test
  void anOwnVoiceMayBeAFolder() throws IOException {
    own(
        """
        {"near": {"model": "%s"}, "home": {"model": "~/%s"}, "full": {"model": "%s"},
         "gone": {"model": "./gone"}}
        """
            .formatted(config.relativize(Cli.DEMO), folder.relativize(Cli.DEMO), Cli.DEMO));
    for (String voice : List.of("near", "home", "full")) {
      spoken(voice, Cli.DEMO.toString(), "--voice", voice, "--quant", "q8");
    }
    run("--voice", "gone").failedNaming(config.resolve("gone") + " is not a folder");
  }

  @Test
  void whatLiesWhereTheUserStandsIsNotTheModelOfAVoice() throws Exception {
    Files.createDirectory(folder.resolve("moshika"));
    List<String> command =
        new ArrayList<>(
            List.of(
                "bash",
                "-c",
                "cd \"$0\" && export HF_HOME=\"$0/home\" && exec \"$@\"",
                folder.toString()));
    command.addAll(
        Cli.process(List.of(), "run", "--voice", "moshika", "--input", input, "--offline"));
    Cli.await(folder, command).failedNaming("moshika-q4 is not downloaded");
    command.set(command.indexOf("--voice"), "--model");
    Cli.await(folder, command).failedNaming("moshika holds no weights");
  }

  @Test
  void theEnvironmentMayNameTheVoice() throws IOException {
    own("{\"ann\": {\"model\": \"demo\"}, \"bob\": {\"model\": \"demo\"}}");
    environment.put("MOSHI_MLX_VOICE", "ann");
    spoken("ann", "demo");
    spoken("bob", "demo", "--voice", "bob");
    JsonObject session = session("--model", Cli.DEMO);
    assertEquals(Cli.DEMO.toString(), session.get("model").getAsString());
    assertFalse(session.has("voice") && !session.get("voice").isJsonNull());
    environment.put("MOSHI_MLX_VOICE", " ");
    refused(
        "--model or --voice is missing; see 'moshi-mlx models' and 'moshi-mlx voices', or use --model demo",
        run());
    environment.put("MOSHI_MLX_VOICE", "anna");
    run().failedNaming("MOSHI_MLX_VOICE: there is no voice 'anna'; did you mean ann");
  }

  @Test
  void aModelThatIsNotTheVoicesIsRefused() throws IOException {
    own("{\"eight\": {\"model\": \"moshika-q8\"}}");
    refused(
        "--voice moshika belongs to the model moshika, not to --model moshiko; leave one of them out",
        run("--voice", "moshika", "--model", "moshiko"));
    refused(
        "--voice eight belongs to the model moshika-q8, not to --model moshika-q4; leave one of them out",
        run("--voice", "eight", "--model", "moshika-q4"));
    refused(
        "--voice NATF2 belongs to the model personaplex, not to --model demo; leave one of them out",
        run("--voice", "NATF2", "--model", "demo"));
    run("--voice", "moshika", "--model", "moshika-q8", "--offline")
        .failedNaming("moshika-q8 is not downloaded");
    run("--voice", "moshika", "--model", "kyutai/moshika-mlx-bf16", "--offline")
        .failedNaming("kyutai/moshika-mlx-bf16 is not downloaded");
    run("--voice", "NATF2", "--model", Cli.DEMO)
        .failedNaming("--voice is for models that take a voice and a role");
  }

  @Test
  void whatIsMisspeltIsRefusedWithItsNeighbours() {
    run("--voice", "moshica")
        .failed(
            "there is no voice 'moshica'; did you mean moshika, moshiko? 'moshi-mlx voices' lists them");
    run("--voice", "natf9")
        .failedNaming("there is no voice 'natf9'; did you mean NATF0, NATF1, NATF2?");
    run("--voice", "gpt").failed("there is no voice 'gpt'; 'moshi-mlx voices' lists them");
  }

  @Test
  void promptsAreForPersonaPlex() throws IOException {
    Files.createFile(config.resolve("c.pt"));
    own(
        """
        {"captain": {"prompt": "c.pt"}, "role": {"model": "personaplex-q4", "persona": "A pirate."},
         "alias": {"prompt": "VARM1"}, "gone": {"prompt": "~/gone.wav"}}
        """);
    for (String voice : List.of("NATM3", "captain", "alias", input.toString())) {
      run("--voice", voice, "--offline").failedNaming("personaplex-bf16 is not downloaded");
    }
    run("--voice", "role", "--offline").failedNaming("personaplex-q4 is not downloaded");
    run("--voice", "gone")
        .failed(
            "there is no file %s, which is the prompt of voice gone; mend %s"
                .formatted(folder.resolve("gone.wav"), config.resolve("voices.json")));
    run("--voice", "~/none.PT")
        .failed(
            "there is no file %s, which is the prompt of voice ~/none.PT; give the path of one"
                .formatted(folder.resolve("none.PT")));
    assertTrue(server.requests().isEmpty());
  }

  @Test
  void doctorLooksAtTheModelOfTheVoice() {
    Cli.Result result = moshi("doctor", "--voice", "moshika");
    assertEquals(ExitStatus.FAILED, result.status());
    assertTrue(result.out().contains("moshika-q4 is not downloaded"), result.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{                         |  is not valid JSON: End of input at line 1 column 2",
        "{'a': {}}                 |  is not valid JSON: ",
        "{\"a\": {\"model\": \"demo\",}} |  is not valid JSON: Expected name at line 1 column 25",
        "{} {}                     |  is not valid JSON: ",
        "[]                        |  holds no object; write it as {\"NAME\": {\"model\": \"MODEL\"}}",
        "{\"a\": \"demo\"}            | : voice 'a': it is no object; write it as {\"model\": \"MODEL\"}",
        "{\"a\": {}}                 | : voice 'a': it has neither model nor prompt; give it one",
        "{\"a\": {\"model\": 7}}       | : voice 'a': model is no text; put it in double quotes",
        "{\"a\": {\"model\": \" \"}}     | : voice 'a': model is empty; fill it in or leave it out",
        "{\"a\": {\"modle\": \"demo\"}}  | : voice 'a': 'modle' is no key of a voice; use model, prompt, persona",
        "{\"a\": {\"model\": \"demo\", \"model\": \"demo\"}} | : voice 'a': model is there twice; remove one",
        "{\"a\": {\"model\": \"demo\"}, \"a\": {\"model\": \"demo\"}} | : voice 'a': it is there twice; remove or rename one",
        "{\"NATF0\": {\"model\": \"demo\"}} | : voice 'NATF0': a voice that is built in has this name; rename yours",
        "{\"a b\": {\"model\": \"demo\"}} | : voice 'a b': a name has letters, digits, '.', '_' and '-'; rename it",
        "{\"../a\": {\"model\": \"demo\"}} | : voice '../a': a name has letters, digits, '.', '_' and '-'; rename it",
        "{\"a\": {\"model\": \"moshico\"}} | : voice 'a': moshico is no model, repository (org/name) or folder; did you mean moshiko-q4, moshiko-q8, moshiko-bf16?",
        "{\"a\": {\"model\": \"a/b/c\"}} | : voice 'a': a/b/c is no model, repository (org/name) or folder; 'moshi-mlx models' lists those known",
        "{\"a\": {\"prompt\": \"NATF9\"}} | : voice 'a': the prompt NATF9 is no voice of PersonaPlex; name one, such as NATF2, a recording or a file *.pt",
        "{\"a\": {\"model\": \"moshika\", \"persona\": \"x\"}} | : voice 'a': only PersonaPlex takes a prompt or persona, not moshika; leave them or the model out",
      })
  void whatIsWrongWithOwnVoicesIsNamed(String json, String fault) throws IOException {
    String expected = own(json) + fault.replaceFirst("^(?=[a-z])", " ");
    for (Cli.Result result : List.of(moshi("voices"), run("--voice", "demo"))) {
      assertTrue(result.failedNaming().err().startsWith("moshi-mlx: " + expected), result.err());
    }
    // Who asks for no voice is not kept from talking.
    run("--model", "demo").succeeded();
  }

  @Test
  void ownVoicesThatCannotBeReadAreNamed() throws IOException {
    Path file = Files.createDirectory(config.resolve("voices.json"));
    moshi("voices")
        .failedNaming(file + " cannot be read: it is a folder; it holds your own voices");
    Files.delete(file);
    Files.write(file, new byte[] {'{', (byte) 0xff});
    moshi("voices").failed(file + " is not UTF-8 text; save it as that");
  }
}
