package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.hub.FakeHub;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Python's {@code huggingface_hub} and moshi-mlx with one hub and one cache. */
class SharedCacheTest {
  private static final String REPO = "org/name";
  private static final List<String> FILES =
      List.of(
          "config.json",
          "model.q4.safetensors",
          "tokenizer-e351c8d8-checkpoint125.safetensors",
          "tokenizer_spm_32k_3.model");

  /** What {@code scripts/hub-client/install} makes. */
  private static final Path LIBRARY = Path.of("../build/hub-client").toAbsolutePath().normalize();

  private static final String DOWNLOAD =
      """
      import sys
      from huggingface_hub import hf_hub_download
      for name in sys.argv[2:]:
          print(hf_hub_download(sys.argv[1], name))
      """;

  private static final String SCAN =
      """
      from huggingface_hub import scan_cache_dir
      cache = scan_cache_dir()
      for repo in cache.repos:
          print(repo.repo_id, repo.size_on_disk, [sorted(r.refs) for r in repo.revisions])
      print(cache.warnings)
      """;

  @TempDir Path folder;
  private FakeHub server;
  private Map<String, String> environment;
  private String blobOfWeights;
  private byte[] weights;

  @BeforeEach
  void start() throws IOException {
    assertTrue(
        Files.isDirectory(LIBRARY), LIBRARY + " is missing; run scripts/hub-client/install first");
    server = FakeHub.start();
    environment = server.environment(folder.resolve("home"));
    weights = new byte[300_000];
    new Random(1).nextBytes(weights);
    server.putSmall(REPO, FILES.get(0), "{}".getBytes(StandardCharsets.UTF_8));
    blobOfWeights = server.putLarge(REPO, FILES.get(1), weights);
    server.putLarge(REPO, FILES.get(2), new byte[1000]);
    server.putSmall(REPO, FILES.get(3), new byte[10]);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private List<String> python(Map<String, String> more, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("python3", "-c"));
    command.addAll(List.of(arguments));
    Path out = folder.resolve("python.out");
    Path err = folder.resolve("python.err");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().putAll(environment);
    builder
        .environment()
        .putAll(Map.of("PYTHONPATH", LIBRARY.toString(), "HF_HUB_DISABLE_TELEMETRY", "1"));
    builder.environment().putAll(more);
    assertEquals(0, builder.start().waitFor(), () -> read(err));
    return read(out).lines().toList();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private List<String> download(Map<String, String> more) throws Exception {
    List<String> arguments = new ArrayList<>(List.of(DOWNLOAD, REPO));
    arguments.addAll(FILES);
    return python(more, arguments.toArray(String[]::new));
  }

  private List<String> here() {
    String path = Cli.run(environment, "models", "path", REPO, "--quant", "q4").succeeded().out();
    return FILES.stream().map(file -> path.strip() + "/" + file).toList();
  }

  /** Requests for content, large or small. */
  private long contents() {
    return server.requests().stream()
        .filter(request -> request.method().equals("GET") && !request.path().contains("/resolve/"))
        .count();
  }

  @Test
  void whatPythonHasFetchedIsFound() throws Exception {
    List<String> paths = download(Map.of());
    assertEquals(4, contents());
    assertEquals(paths, here());
    Cli.run(environment, "models", "pull", REPO, "--quant", "q4").succeeded();
    assertEquals(4, contents());
    assertEquals(paths, here());
  }

  @Test
  void whatIsFetchedPythonFinds() throws Exception {
    Cli.run(environment, "models", "pull", REPO, "--quant", "q4").succeeded();
    assertEquals(4, contents());
    assertEquals(here(), download(Map.of()));
    assertEquals(here(), download(Map.of("HF_HUB_OFFLINE", "1")));
    assertEquals(4, contents());
  }

  @Test
  void whatIsHalfHereOrDamagedDoesNotConfusePython() throws Exception {
    Cli.run(environment, "models", "pull", REPO, "--quant", "q4").succeeded();
    Path blobs = folder.resolve("home/hub/models--org--name/blobs");
    Files.move(blobs.resolve(blobOfWeights), blobs.resolve(blobOfWeights + ".moshi-mlx.partial"));
    Files.write(blobs.resolve(blobOfWeights + ".moshi-mlx.corrupt"), new byte[10]);
    List<String> paths = download(Map.of());
    assertEquals(weights.length, Files.size(Path.of(paths.get(1))));
    assertEquals(
        List.of("org/name 301012 [['main']]", "[]"), python(Map.of(), SCAN), "and it counts right");
    Cli.run(environment, "models", "rm", REPO, "--yes").succeeded();
    assertEquals(List.of("[]"), python(Map.of(), SCAN));
  }
}
