package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.moshimlx.audio.Wavs;
import io.moshimlx.doctor.MemoryCheck;
import io.moshimlx.hub.FakeHub;
import io.moshimlx.model.Lm;
import io.moshimlx.store.Catalogue;
import io.moshimlx.terminal.Terminal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models of the hub, from the command line. */
class ModelsTest {
  private static final String MOSHIKO = "kyutai/moshiko-mlx-q4";
  private static final String DEMO = "org/demo";
  private static final String MIMI = "tokenizer-e351c8d8-checkpoint125.safetensors";
  private static final String TOKENIZER = "tokenizer_spm_32k_3.model";

  @TempDir Path folder;
  private FakeHub server;
  private Map<String, String> environment;
  private Path input;
  private Path output;

  @BeforeEach
  void start() throws IOException {
    server = FakeHub.start();
    environment = server.environment(folder.resolve("home"));
    Random random = new Random(1);
    for (String file : List.of("model.q4.safetensors", MIMI, TOKENIZER)) {
      byte[] content = new byte[100_000];
      random.nextBytes(content);
      server.putLarge(MOSHIKO, file, content);
    }
    try (Stream<Path> files = Files.list(Cli.DEMO)) {
      for (Path file : files.toList()) {
        server.put(DEMO, file);
      }
    }
    input = Wavs.tone(folder.resolve("in.wav"), 0.3);
    output = folder.resolve("out.wav");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Cli.Result moshi(Object... arguments) {
    return Cli.run(environment, arguments);
  }

  private Cli.Result run(Object... options) {
    return moshi(
        Stream.concat(
                Stream.of("run", "--input", input, "--output", output, "--temp", "0"),
                Stream.of(options))
            .toArray());
  }

  private String row(String name) {
    return moshi("models")
        .succeeded()
        .out()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .findFirst()
        .orElseThrow();
  }

  private Path repository() {
    return folder.resolve("home/hub/models--kyutai--moshiko-mlx-q4");
  }

  @Test
  void theListIsForPeople() throws IOException {
    assertTrue(server.requests().isEmpty());
    assertTrue(
        row("moshiko-q4")
            .matches("moshiko-q4 +5.2 GB +\\d+.\\d GB +no +conversation, male .* CC-BY 4.0"));
    assertTrue(row("personaplex-bf16").endsWith("NVIDIA Open Model License, gated"));
    moshi("models", "pull", "moshiko-q4").succeeded();
    assertTrue(row("moshiko-q4").contains(" yes "), row("moshiko-q4"));
    assertTrue(row("moshiko-q8").contains(" no "));
    Files.delete(Path.of(moshi("models", "path", "moshiko").succeeded().out().strip(), TOKENIZER));
    assertTrue(row("moshiko-q4").contains(" in part "));
  }

  @Test
  void whatIsNotRunIsListedWithTheReason() {
    assertTrue(row("personaplex-rl-bf16").endsWith("CC BY-NC 4.0, gated"));
    String list = moshi("models").succeeded().out();
    for (String name : List.of("hibiki-zero", "moshika-rag")) {
      assertTrue(
          list.substring(list.indexOf("not run")).contains("  " + name + " (kyutai/" + name), list);
      moshi("models", "pull", name).failedNaming(name + " is known, but not run: it", "models");
      run("--model", name).failedNaming(name + " is known, but not run: it");
    }
    assertTrue(server.requests().isEmpty());
    JsonObject json =
        JsonParser.parseString(moshi("models", "--json").succeeded().out()).getAsJsonObject();
    assertEquals(2, json.getAsJsonArray("not_run").size());
  }

  @Test
  void aLicenceWithoutCommercialUseIsShownBeforeTheDownload() throws IOException {
    String repository = "kyutai/moshika-rl-seamless";
    for (String name : List.of(TOKENIZER, "tokenizer-e351c8d8-checkpoint125.safetensors")) {
      server.putLarge(repository, name, new byte[] {1});
    }
    server.putLarge(repository, "model.safetensors", new byte[] {1});
    run("--model", "moshika-rl").failedNaming("moshika-rl-bf16 is not here", "--yes");
    Cli.Result pulled = moshi("models", "pull", "moshika-rl");
    assertEquals(ExitStatus.DONE, pulled.status(), pulled.err());
    assertEquals(
        "moshi-mlx: the licence of " + repository + " is CC BY-NC 4.0, no commercial use\n",
        pulled.err());
  }

  @Test
  void quantisedWeightsUnderAPlainNameAreTakenByTheirConfig() throws IOException {
    String repository = "org/plain-q4";
    String config = Files.readString(Cli.DEMO.resolve("config.json"));
    for (String name : List.of("mimi.json", "mimi.safetensors", "tokenizer.model")) {
      server.putSmall(repository, name, Files.readAllBytes(Cli.DEMO.resolve(name)));
    }
    JsonObject json = JsonParser.parseString(config).getAsJsonObject();
    json.remove("moshi_name");
    JsonObject quantization = new JsonObject();
    quantization.addProperty("bits", 4);
    quantization.addProperty("group_size", 32);
    json.add("quantization", quantization);
    server.putSmall(repository, "config.json", json.toString().getBytes(StandardCharsets.UTF_8));
    server.putLarge(
        repository,
        "model.safetensors",
        Files.readAllBytes(Cli.DEMO.resolve("model.q4.safetensors")));
    String expected = run("--model", Cli.DEMO, "--quant", "q4").succeeded().out();
    assertEquals(expected, run("--model", repository, "--quant", "q4", "--yes").succeeded().out());
    assertEquals(expected, run("--model", repository).succeeded().out());
    String folder = moshi("models", "path", repository).succeeded().out().strip();
    assertEquals(expected, run("--model", folder, "--quant", "q4").succeeded().out());
    run("--model", folder, "--quant", "bf16").failedNaming(folder, "holds no bf16 weights");
    run("--model", repository, "--quant", "q8", "--yes").failedNaming(repository, "q8 weights");
  }

  @Test
  void theListIsForScripts() {
    moshi("models", "pull", "moshiko-q4").succeeded();
    JsonArray models =
        JsonParser.parseString(moshi("models", "--json").succeeded().out())
            .getAsJsonObject()
            .getAsJsonArray("models");
    JsonObject first = models.get(0).getAsJsonObject();
    assertEquals("moshiko-q4", first.get("name").getAsString());
    assertEquals("q4", first.get("precision").getAsString());
    assertEquals(MOSHIKO, first.get("repository").getAsString());
    assertEquals(5_195_200_000L, first.get("download_bytes").getAsLong());
    assertEquals(
        MemoryCheck.estimate(Catalogue.find("moshiko-q4").orElseThrow())
            .bytes(Lm.computed(Optional.empty())),
        first.get("memory_bytes").getAsLong());
    assertTrue(first.get("here").getAsBoolean());
    assertTrue(Files.isDirectory(Path.of(first.get("path").getAsString())));
    JsonObject second = models.get(1).getAsJsonObject();
    assertEquals("moshiko-q8", second.get("name").getAsString());
    assertFalse(second.get("here").getAsBoolean());
    assertFalse(second.has("path"));
  }

  @Test
  void whatIsPulledHasAPath() throws IOException {
    moshi("models", "path", "moshiko-q4")
        .failed(
            "moshiko-q4 is not here, or not all of it; fetch it with 'moshi-mlx models pull moshiko-q4'");
    assertEquals("", moshi("models", "pull", "moshiko-q4").succeeded().out());
    for (String name : List.of("moshiko-q4", "moshiko", MOSHIKO)) {
      String path = moshi("models", "path", name).succeeded().out().strip();
      assertEquals(
          repository().resolve("snapshots").resolve(server.commit(MOSHIKO)), Path.of(path));
      assertEquals(100_000, Files.size(Path.of(path, MIMI)));
    }
    assertEquals(3, server.transfers().size());
    moshi("models", "pull", MOSHIKO).succeeded();
    moshi("models", "pull", "moshiko", "--quant", "q4").succeeded();
    assertEquals(3, server.transfers().size());
  }

  @Test
  void storedVoicesComeWithTheModelThatTakesThem() throws IOException {
    String repository = "org/persona";
    Path personaplex = Path.of("src/test/resources/goldens/personaplex");
    for (String file :
        List.of("config.json", "codec.json", "codec.safetensors", "tokenizer.model")) {
      server.putSmall(repository, file, Files.readAllBytes(personaplex.resolve(file)));
    }
    server.putLarge(repository, "model.safetensors", new byte[] {1});
    moshi("models", "pull", repository).succeeded();
    server.putLarge(repository, "voices.tgz", new byte[] {2});
    moshi("models", "pull", repository).succeeded();
    Path model = Path.of(moshi("models", "path", repository).succeeded().out().strip());
    assertArrayEquals(new byte[] {2}, Files.readAllBytes(model.resolve("voices.tgz")));
  }

  @Test
  void offlineOnlyWhatIsHereIsPulled() {
    moshi("models", "pull", "moshiko-q4", "--offline")
        .failedNaming("moshiko-q4 is not here", "--offline keeps off the network");
    assertTrue(server.requests().isEmpty());
    moshi("models", "pull", "moshiko-q4").succeeded();
    int before = server.requests().size();
    moshi("models", "pull", "moshiko-q4", "--offline").succeeded();
    assertEquals(before, server.requests().size());
  }

  @Test
  void removingNeedsConsent() {
    moshi("models", "rm", "moshiko-q4", "--yes")
        .failed("moshiko-q4 is not downloaded; there is nothing to remove");
    moshi("models", "pull", "moshiko-q4").succeeded();
    moshi("models", "rm", "moshiko-q4").failed("moshiko-q4 is kept; use --yes to remove it");
    assertTrue(Files.exists(repository()));
    assertEquals(ExitStatus.FAILED, onTerminal("n\n", "models", "rm", "moshiko-q4").status());
    assertTrue(Files.exists(repository()));
    Cli.Result agreed = onTerminal("y\n", "models", "rm", "moshiko-q4");
    assertEquals("Remove moshiko-q4? [y/N] ", agreed.err());
    assertFalse(Files.exists(repository()));
    moshi("models", "pull", "moshiko-q4").succeeded();
    moshi("models", "rm", "moshiko-q4", "--yes").succeeded();
    assertFalse(Files.exists(repository()));
  }

  @Test
  void otherRevisionsStay() {
    moshi("models", "pull", "moshiko-q4").succeeded();
    String old = server.commit(MOSHIKO);
    server.putLarge(MOSHIKO, TOKENIZER, new byte[] {1, 2, 3});
    moshi("models", "pull", "moshiko-q4").succeeded();
    Cli.Result result = moshi("models", "rm", "moshiko-q4", "--yes");
    assertEquals(ExitStatus.DONE, result.status());
    assertTrue(result.err().contains("other revisions of " + MOSHIKO + " are kept"), result.err());
    assertTrue(result.err().contains(old), result.err());
  }

  @Test
  void whatHasNoSuchNameIsRefusedWithItsNeighbours() {
    moshi("models", "pull", "moshico-q4")
        .failedNaming("there is no model 'moshico-q4'; did you mean moshiko-q4, ");
    moshi("models", "path", "gpt")
        .failed("there is no model 'gpt'; 'moshi-mlx models' lists those known");
    run("--model", "moshico")
        .failedNaming("there is no model 'moshico'; did you mean moshiko-q4, ");
    moshi("models", "pull", "moshiko-q4", "--quant", "q8")
        .failedNaming("moshiko-q4 does not come in q8", "moshiko-q4, moshiko-q8, moshiko-bf16");
    moshi("models", "pull", "moshiko-q4", "--quant", "q6")
        .failedNaming("moshiko-q4 does not come in q6", "moshiko-bf16");
    assertTrue(server.requests().isEmpty());
  }

  @Test
  void whatTheRepositoryLacksIsNamed() {
    moshi("models", "pull", MOSHIKO, "--quant", "q8")
        .failedNaming(MOSHIKO + " holds no q8 weights (model.q8.safetensors)");
    server.putLarge("org/text", "model.safetensors", new byte[1]);
    moshi("models", "pull", "org/text").failedNaming("org/text has no file " + MIMI);
    moshi("models", "pull", "org/none").failedNaming("there is no repository org/none");
    assertTrue(server.transfers().isEmpty());
  }

  @Test
  void aModelThatIsNotHereIsFetchedOnlyWithConsent() throws IOException {
    run("--model", DEMO)
        .failedNaming(
            DEMO + " is not here: it takes ",
            "kB from " + DEMO,
            "'moshi-mlx models pull org/demo'",
            "--yes");
    assertTrue(server.transfers().isEmpty());
    assertFalse(Files.exists(output));

    run("--model", DEMO, "--yes").succeeded();
    byte[] answer = Files.readAllBytes(output);
    int requests = server.requests().size();
    run("--model", DEMO).succeeded();
    run("--model", DEMO, "--offline").succeeded();
    assertEquals(requests, server.requests().size(), "what is here is used as it is");
    run("--model", Cli.DEMO).succeeded();
    assertArrayEquals(Files.readAllBytes(output), answer);
  }

  @Test
  void whatHasNoSizeIsAskedAbout() {
    server.hideSizes();
    run("--model", DEMO)
        .failed(
            "org/demo is not here: it takes files of unknown size from org/demo; "
                + "fetch it with 'moshi-mlx models pull org/demo', or give --yes");
    Cli.Result refused = onTerminal("n\n", "run", "--model", DEMO, "--input", input);
    assertTrue(refused.err().contains("Fetch files of unknown size from org/demo?"), refused.err());
    assertTrue(server.transfers().isEmpty());
    run("--model", DEMO, "--yes").succeeded();
    run("--model", DEMO).succeeded();
  }

  @Test
  void namesAreTakenAsTheyArePasted() {
    for (String name :
        List.of(
            "https://huggingface.co/" + MOSHIKO,
            server.endpoint() + "/" + MOSHIKO + "/tree/main",
            "hf://" + MOSHIKO,
            MOSHIKO + "/")) {
      moshi("models", "pull", name).succeeded();
      moshi("models", "path", name).succeeded();
      moshi("models", "rm", name, "--yes").succeeded();
      assertFalse(Files.exists(repository()), name);
      run("--model", name)
          .failedNaming(MOSHIKO + " is not here", "'moshi-mlx models pull " + MOSHIKO + "'");
    }
    moshi("models", "pull", "https://example.invalid/a/b").failedNaming("is no address of a model");
    run("--model", "https://example.invalid/a/b").failedNaming("is no address of a model");
  }

  @Test
  void aRevisionIsAModelOfItsOwn() throws IOException {
    server.tag(MOSHIKO, "v1");
    String old = server.commit(MOSHIKO);
    server.putLarge(MOSHIKO, TOKENIZER, new byte[] {1, 2, 3});
    String newest = server.commit(MOSHIKO);
    moshi("models", "path", MOSHIKO + "@v1")
        .failedNaming("'moshi-mlx models pull " + MOSHIKO + "@v1'");
    for (String revision : List.of("v1", old)) {
      moshi("models", "pull", MOSHIKO + "@" + revision).succeeded();
      Path path =
          Path.of(
              moshi("models", "path", MOSHIKO + "@" + revision, "--quant", "q4")
                  .succeeded()
                  .out()
                  .strip());
      assertEquals(repository().resolve("snapshots").resolve(old), path);
      assertEquals(100_000, Files.size(path.resolve(TOKENIZER)));
    }
    moshi("models", "path", MOSHIKO).failedNaming(MOSHIKO + " is not here");
    moshi("models", "pull", "moshiko-q4@main").succeeded();
    assertEquals(
        repository().resolve("snapshots").resolve(newest).toString(),
        moshi("models", "path", "moshiko-q4").succeeded().out().strip());
    Cli.Result removed = moshi("models", "rm", "moshiko-q4@v1", "--yes");
    assertEquals(ExitStatus.DONE, removed.status());
    assertTrue(removed.err().contains(newest) && !removed.err().contains(old), removed.err());
    moshi("models", "rm", MOSHIKO + "@v1", "--yes").failedNaming(MOSHIKO + "@v1 is not downloaded");
    moshi("models", "path", "moshiko-q4").succeeded();

    moshi("models", "pull", MOSHIKO + "@v9")
        .failedNaming(MOSHIKO + " has no revision 'v9'", MOSHIKO + "/tree/main");
    moshi("models", "pull", MOSHIKO + "@../x").failedNaming("'../x' is no revision of " + MOSHIKO);
    server.tag(DEMO, "v1");
    run("--model", DEMO + "@v1", "--yes").succeeded();
    run("--model", DEMO + "@v1", "--offline").succeeded();
    run("--model", DEMO, "--offline").failedNaming(DEMO + " is not here");
  }

  @Test
  void aFolderInTheHomeIsFoundAlsoWhereNoShellPutsItIn() throws IOException {
    environment.put("HOME", folder.toString());
    Files.createSymbolicLink(folder.resolve("x"), Cli.DEMO);
    run("--model=~/x").succeeded();
    run("--model=~/y").failedNaming(folder.resolve("y") + " is not a folder");
  }

  @Test
  void aTokenThatIsNotValidIsToldOnce() {
    environment.put("HF_TOKEN", "expired");
    server.refuseTokens("X-Error-Message", "Invalid credentials in Authorization header");
    Cli.Result result = moshi("models", "pull", MOSHIKO);
    assertEquals(ExitStatus.DONE, result.status());
    assertEquals(
        "moshi-mlx: the token of HF_TOKEN is not valid, or no longer; going on without it "
            + "(make a new one at %s/settings/tokens, or remove it)\n".formatted(server.endpoint()),
        result.err());
    moshi("models", "path", MOSHIKO).succeeded();
  }

  @Test
  void onATerminalTheUserIsAsked() {
    Object[] arguments = {"run", "--model", DEMO, "--input", input, "--temp", "0"};
    Cli.Result refused = onTerminal("\n", arguments);
    assertEquals(ExitStatus.FAILED, refused.status());
    assertTrue(refused.err().contains("org/demo is not here. Fetch "), refused.err());
    assertTrue(refused.err().endsWith("'moshi-mlx models pull org/demo' does it later\n"));
    assertTrue(server.transfers().isEmpty());
    Cli.Result agreed = onTerminal("yes\n", arguments);
    assertEquals(ExitStatus.DONE, agreed.status(), agreed.err());
    assertTrue(agreed.err().contains("mimi.safetensors · "), agreed.err());
  }

  private Cli.Result onTerminal(String typed, Object... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(
            out,
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false,
            true,
            true,
            Optional.of(new ByteArrayInputStream(typed.getBytes(StandardCharsets.UTF_8))));
    int status =
        MoshiMlx.execute(
            terminal,
            environment,
            Stream.of(arguments).map(Object::toString).toArray(String[]::new));
    return new Cli.Result(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void offlineTheNetworkIsLeftAlone() {
    run("--model", DEMO, "--offline", "--yes")
        .failedNaming("org/demo is not here", "--offline", "'moshi-mlx models pull org/demo'");
    environment.put("HF_HUB_OFFLINE", "1");
    run("--model", DEMO, "--yes").failedNaming("org/demo is not here", "HF_HUB_OFFLINE");
    environment.remove("HF_HUB_OFFLINE");
    environment.put("TRANSFORMERS_OFFLINE", "1");
    run("--model", DEMO, "--yes").failedNaming("org/demo is not here", "TRANSFORMERS_OFFLINE");
    environment.put("HF_HUB_OFFLINE", "1");
    moshi("models", "pull", DEMO).failedNaming("org/demo is not here", "HF_HUB_OFFLINE");
    assertTrue(server.requests().isEmpty());
  }

  @Test
  void precisionAloneMeansMoshiko() {
    run("--quant", "q4")
        .failed(
            "moshiko-q4 is not here: it takes 300.0 kB from kyutai/moshiko-mlx-q4; "
                + "fetch it with 'moshi-mlx models pull moshiko-q4', or give --yes");
  }

  @Test
  void thePrecisionWantedIsFetchedAlone() throws IOException {
    run("--model", DEMO, "--quant", "q8", "--yes").succeeded();
    Path snapshot = folder.resolve("home/hub/models--org--demo/snapshots");
    try (Stream<Path> files = Files.walk(snapshot)) {
      List<String> names = files.map(file -> file.getFileName().toString()).toList();
      assertTrue(names.contains("model.q8.safetensors"), names.toString());
      assertFalse(names.contains("model.q4.safetensors"), names.toString());
      assertFalse(names.contains("model.safetensors"), names.toString());
    }
    run("--model", DEMO, "--quant", "q4")
        .failedNaming("org/demo is not here", "'moshi-mlx models pull org/demo --quant q4'");
  }

  @Test
  void namesInAConfigurationThatLeadElsewhereAreRefused() {
    byte[] config = "{\"moshi_name\": \"../../../evil\"}".getBytes(StandardCharsets.UTF_8);
    server.putSmall("org/evil", "config.json", config);
    server.putLarge("org/evil", "evil", new byte[10]);
    run("--model", "org/evil", "--yes")
        .failedNaming("moshi_name must be the plain name of a file in the model's folder");
    assertTrue(server.transfers().isEmpty());
  }

  @Test
  void linksThatLeaveTheCacheAreRefused() throws IOException {
    moshi("models", "pull", DEMO).succeeded();
    Path snapshot = Path.of(moshi("models", "path", DEMO).succeeded().out().strip());
    Path outside = Files.copy(Cli.DEMO.resolve("config.json"), folder.resolve("outside"));
    Files.delete(snapshot.resolve("config.json"));
    Files.createSymbolicLink(snapshot.resolve("config.json"), outside);
    run("--model", DEMO).failedNaming("config.json leads out of the cache, to " + outside);
    moshi("models", "path", DEMO).failedNaming("leads out of the cache");
  }

  @Test
  void aFolderWinsOverARepository() throws IOException {
    Path model = folder.resolve("a/b");
    Files.createDirectories(model);
    run("--model", model).failedNaming(model + " holds no weights");
    run("--model", folder.resolve("a/none")).failedNaming("a/none is not a folder");
    assertTrue(server.requests().isEmpty());
  }
}
