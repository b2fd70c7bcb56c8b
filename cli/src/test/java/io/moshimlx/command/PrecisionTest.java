package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.moshimlx.ProcessLock;
import io.moshimlx.audio.Wavs;
import io.moshimlx.checkpoint.Precision;
import io.moshimlx.hub.FakeHub;
import io.moshimlx.store.ModelPlan;
import io.moshimlx.store.ModelStore;
import io.moshimlx.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A precision that a model does not come in is made here, once. */
class PrecisionTest {
  private static final String HIBIKI = "kyutai/hibiki-1b-mlx-bf16";
  private static final String OTHER = "org/name";

  @TempDir Path folder;
  private FakeHub server;
  private Map<String, String> environment;
  private Path input;
  private Path output;
  private Path model;
  private Path copies;

  @BeforeEach
  void start() throws IOException {
    server = FakeHub.start();
    environment = server.environment(folder.resolve("home"));
    input = Wavs.tone(folder.resolve("in.wav"), 0.3);
    output = folder.resolve("out.wav");
    model = Files.createDirectory(folder.resolve("model"));
    copies = folder.resolve("cache/moshi-mlx/quantized");
    try (Stream<Path> files = Files.list(Cli.DEMO)) {
      for (Path file : files.filter(file -> !file.toString().contains("model.q")).toList()) {
        String name = file.getFileName().toString();
        Files.copy(file, model.resolve(name));
        for (String repo : List.of(HIBIKI, OTHER)) {
          server.put(repo, file);
        }
      }
    }
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

  /** What the model says that upstream quantised. */
  private byte[] upstreams(String quant) throws IOException {
    run("--model", Cli.DEMO, "--quant", quant).succeeded();
    return Files.readAllBytes(output);
  }

  /** Asserts that a copy was made, as one line reports; returns its folder. */
  private static Path assertMade(String name, Cli.Result result) {
    assertEquals(ExitStatus.DONE, result.status());
    return reported(name, result.err());
  }

  private static Path reported(String name, String lines) {
    Matcher report =
        Pattern.compile(
                "moshi-mlx: \\Q%s\\E in q\\d is kept in (.*), which takes .* .B\n".formatted(name))
            .matcher(lines);
    assertTrue(report.matches(), lines);
    return Path.of(report.group(1));
  }

  /** Asserts that so many copies are all that takes room on the disk. */
  private void assertKept(Path... made) throws IOException {
    long bytes = 0;
    for (Path copy : made) {
      assertTrue(bytes(copy) > 0, copy + " is gone");
      bytes += bytes(copy);
    }
    assertEquals(bytes, bytes(copies), "bytes on the disk");
  }

  private static long bytes(Path folder) throws IOException {
    if (Files.notExists(folder)) {
      return 0;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }

  @Test
  void aModelOfTheCatalogueIsQuantisedOnce() throws IOException {
    run("--model", "hibiki-1b", "--quant", "q4")
        .failedNaming(
            "hibiki-1b-q4 is not downloaded: it takes ",
            " from " + HIBIKI + ", and about ",
            " more once quantised; download it with 'moshi-mlx models pull hibiki-1b-q4'",
            "--yes");
    assertKept();
    Path copy = assertMade("hibiki-1b-q4", run("--model", "hibiki-1b", "--quant", "q4", "--yes"));
    byte[] said = Files.readAllBytes(output);
    assertKept(copy);

    int requests = server.requests().size();
    for (String name : List.of("hibiki-1b", "hibiki-1b-bf16", "hibiki-1b-q4", HIBIKI)) {
      run("--model", name, "--quant", "q4").succeeded();
    }
    run("--model", "hibiki-1b-q4", "--offline").succeeded();
    assertEquals(requests, server.requests().size());
    assertKept(copy);
    assertArrayEquals(upstreams("q4"), said);
  }

  @Test
  void whatIsHereInBf16NeedsNoNetwork() throws IOException {
    moshi("models", "pull", "hibiki-1b").succeeded();
    int requests = server.requests().size();
    Path q8 = assertMade("hibiki-1b-q8", run("--model", "hibiki-1b", "--quant", "q8", "--offline"));
    assertArrayEquals(upstreams("q8"), output());
    Path q4 = assertMade("hibiki-1b-q4", moshi("models", "pull", "hibiki-1b-q4", "--offline"));
    assertEquals(requests, server.requests().size());
    assertKept(q4, q8);
  }

  private byte[] output() throws IOException {
    run("--model", "hibiki-1b-q8").succeeded();
    return Files.readAllBytes(output);
  }

  @Test
  void theFileOfARepositoryComesBeforeOneMadeHere() throws IOException {
    server.putLarge(
        OTHER,
        "model.q8.safetensors",
        Files.readAllBytes(Cli.DEMO.resolve("model.q8.safetensors")));
    run("--model", OTHER, "--quant", "q8", "--yes").succeeded();
    assertKept();
    assertMade(OTHER, run("--model", OTHER, "--quant", "q4", "--yes"));
    assertArrayEquals(Files.readAllBytes(output), upstreams("q4"));
  }

  @Test
  void aFolderOfTheUsersStaysAsItIs() throws IOException {
    List<String> before = names(model);
    Path first = assertMade(model.toString(), run("--model", model, "--quant", "q4"));
    byte[] said = Files.readAllBytes(output);
    run("--model", model, "--quant", "q4").succeeded();
    assertKept(first);
    assertEquals(before, names(model));
    assertArrayEquals(said, upstreams("q4"));

    Path weights = model.resolve("model.safetensors");
    Files.setLastModifiedTime(weights, FileTime.fromMillis(1_000_000));
    Path second = assertMade(model.toString(), run("--model", model, "--quant", "q4"));
    // The copy of the former files goes.
    assertKept(second);
    moshi("doctor", "--model", model, "--quant", "q8");
    // Only a use makes one.
    assertKept(second);
  }

  private static List<String> names(Path of) throws IOException {
    try (Stream<Path> files = Files.list(of)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void whatIsMadeHereIsListedFoundAndRemoved() throws IOException {
    moshi("models", "pull", "hibiki-1b").succeeded();
    assertEquals("", rows("hibiki-1b-q4"));
    moshi("models", "rm", "hibiki-1b-q4", "--yes").failedNaming("hibiki-1b-q4 is not downloaded");
    moshi("models", "path", "hibiki-1b-q4")
        .failedNaming("is not downloaded", "'moshi-mlx models pull hibiki-1b-q4'");
    Path copy = assertMade("hibiki-1b-q4", moshi("models", "pull", "hibiki-1b", "--quant", "q4"));
    Path q8 = assertMade("hibiki-1b-q8", moshi("models", "pull", "hibiki-1b-q8"));
    assertTrue(
        rows("hibiki-1b-q4")
            .matches("hibiki-1b-q4 +local copy +\\d+\\.\\d GB +yes +translation.*\n"),
        rows("hibiki-1b-q4"));
    JsonObject entry =
        JsonParser.parseString(moshi("models", "--json").succeeded().out())
            .getAsJsonObject()
            .getAsJsonArray("models")
            .asList()
            .stream()
            .map(e -> e.getAsJsonObject())
            .filter(e -> e.get("name").getAsString().equals("hibiki-1b-q4"))
            .findFirst()
            .orElseThrow();
    assertEquals(copy.toString(), entry.get("path").getAsString());
    assertTrue(entry.get("quantized_here").getAsBoolean());
    assertEquals(
        copy + "\n", moshi("models", "path", "hibiki-1b", "--quant", "q4").succeeded().out());

    moshi("models", "rm", "hibiki-1b-q4", "--yes").succeeded();
    assertKept(q8);
    moshi("models", "path", "hibiki-1b").succeeded();
    moshi("models", "rm", "hibiki-1b", "--yes").succeeded();
    assertKept();
    moshi("models", "path", "hibiki-1b-q8").failedNaming("is not downloaded");
  }

  private String rows(String name) {
    return moshi("models")
        .succeeded()
        .out()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .map(line -> line + "\n")
        .reduce("", String::concat);
  }

  @Test
  void aCopyIsRemovedAloneUnderTheNameOfARepository() throws IOException {
    moshi("models", "pull", OTHER, "--quant", "bf16").succeeded();
    assertMade(OTHER, moshi("models", "pull", OTHER, "--quant", "q4"));
    moshi("models", "rm", OTHER, "--quant", "q4", "--yes").succeeded();
    assertKept();
    moshi("models", "path", OTHER, "--quant", "bf16").succeeded();
  }

  @Test
  void aCopyOutlivesWhatItWasMadeOf() throws IOException {
    assertMade("hibiki-1b-q4", moshi("models", "pull", "hibiki-1b-q4"));
    // As Python's tools for the cache do it.
    Path repository = folder.resolve("home/hub/models--kyutai--hibiki-1b-mlx-bf16");
    try (Stream<Path> files = Files.walk(repository)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
    run("--model", "hibiki-1b-q4", "--offline").succeeded();
    moshi("models", "rm", "hibiki-1b", "--yes").succeeded();
    assertKept();
  }

  @Test
  void aNewRevisionReplacesTheCopyOfTheFormer() throws IOException {
    assertKept(assertMade("hibiki-1b-q4", moshi("models", "pull", "hibiki-1b-q4")));
    server.putSmall(HIBIKI, "README.md", new byte[] {1});
    assertKept(assertMade("hibiki-1b-q4", moshi("models", "pull", "hibiki-1b-q4")));
  }

  @Test
  void twoProcessesMakeOne() throws Exception {
    List<Process> processes = new ArrayList<>();
    for (String name : List.of("first", "second")) {
      ProcessBuilder builder =
          new ProcessBuilder(
                  Cli.process(
                      List.of(), "run", "--model", model, "--quant", "q4", "--input", input))
              .redirectOutput(folder.resolve(name + ".out").toFile())
              .redirectError(folder.resolve(name + ".err").toFile());
      builder.environment().putAll(environment);
      processes.add(builder.start());
    }
    for (Process process : processes) {
      assertEquals(ExitStatus.DONE, process.waitFor());
    }
    String told =
        Files.readString(folder.resolve("first.err"))
            + Files.readString(folder.resolve("second.err"));
    List<String> reports = told.lines().filter(line -> line.contains("is kept in")).toList();
    assertEquals(1, reports.size(), told);
    assertKept(reported(model.toString(), reports.getFirst() + "\n"));
  }

  @Test
  void whatAKilledProcessLeftIsRemovedAndNeverUsed() throws IOException {
    moshi("models", "pull", "hibiki-1b").succeeded();
    Path left = copies.resolve("models--kyutai--hibiki-1b-mlx-bf16/.x-q4.1.part");
    Files.createDirectories(left);
    Files.write(left.resolve("model.q4.safetensors"), new byte[] {1});
    moshi("models", "path", "hibiki-1b-q4").failedNaming("is not downloaded");
    assertKept(assertMade("hibiki-1b-q4", moshi("models", "pull", "hibiki-1b-q4")));
  }

  @Test
  void whatIsBeingMadeIsNotRemoved() throws IOException {
    assertMade("hibiki-1b-q4", moshi("models", "pull", "hibiki-1b-q4"));
    Path lock = copies.resolve("models--kyutai--hibiki-1b-mlx-bf16/.lock");
    try (ProcessLock _ = ProcessLock.attempt(lock, "").orElseThrow()) {
      moshi("models", "rm", "hibiki-1b", "--yes")
          .failed(HIBIKI + " is being quantised by another process; let it end, or end it");
    }
    run("--model", "hibiki-1b").succeeded();
  }

  @Test
  void whatIsStoppedLeavesNothing() throws IOException {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(
            OutputStream.nullOutputStream(),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false,
            false);
    ModelStore store = new ModelStore(environment);
    ModelPreparation preparation = new ModelPreparation(terminal, store);
    ModelPlan plan = store.plan(model, Optional.of(Precision.Q4));
    int[] asked = {0};
    assertFalse(preparation.carryOut(plan, () -> asked[0]++ == 3));
    assertFalse(Files.exists(plan.folder()));
    assertKept();
    assertEquals(
        "moshi-mlx: stopped quantising %s to q4; nothing of that is kept\n".formatted(model),
        err.toString(StandardCharsets.UTF_8));
    assertTrue(preparation.carryOut(plan, () -> false));
    assertTrue(Files.exists(plan.folder()));
  }

  @Test
  void aDiskWithoutRoomIsToldBeforeAnythingIsFetched() {
    server.claim(1L << 50, null, null);
    moshi("models", "pull", "hibiki-1b-q4")
        .failedNaming(
            "hibiki-1b-q4 takes ", " to download and quantise, but the disk of " + copies);
    assertEquals(List.of(), server.transfers());
  }

  @Test
  void whatCannotBeQuantisedIsNamedAndNothingIsLeft() throws IOException {
    Path weights = model.resolve("model.safetensors");
    Files.delete(weights);
    Files.copy(Cli.DEMO.resolve("mimi.safetensors"), weights);
    run("--model", model, "--quant", "q4")
        .failedNaming(weights + " is not a language model of Moshi's family");
    assertKept();
  }

  @Test
  void quantizeTakesModelsOfTheHub() throws IOException {
    Path out = folder.resolve("quantised");
    moshi("quantize", "hibiki-1b", out, "--quant", "q8")
        .failedNaming("hibiki-1b-bf16 is not downloaded", "--yes");
    moshi("quantize", "hibiki-1b", out, "--quant", "q8", "--yes").succeeded();
    run("--model", out).succeeded();
    byte[] said = Files.readAllBytes(output);
    assertArrayEquals(upstreams("q8"), said);
    moshi("quantize", HIBIKI, folder.resolve("x.q4.safetensors"), "--quant", "q4").succeeded();
    moshi("quantize", "moshiko-q4", out, "--quant", "q4")
        .failed("moshiko-q4 is quantised already; use the model that it was made from, in bf16");
    moshi("quantize", "hibiki", folder.resolve("y"), "--quant", "q4")
        .failedNaming("there is no model 'hibiki'");
    assertKept();
  }
}
