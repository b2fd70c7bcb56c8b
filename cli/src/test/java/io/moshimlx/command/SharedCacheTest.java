package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.Variables;
import io.moshimlx.hub.FakeHub;
import io.moshimlx.hub.HubSettings;
import io.moshimlx.hub.TypedName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void alsoWithoutLinksEachFindsWhatTheOtherHas(boolean pythonFirst) throws Exception {
    environment.put("HF_HUB_DISABLE_SYMLINKS", "1");
    for (int i = 0; i < 2; i++) {
      if (pythonFirst == (i == 0)) {
        download(Map.of());
      } else {
        Cli.run(environment, "models", "pull", REPO, "--quant", "q4").succeeded();
      }
      for (String file : here()) {
        assertTrue(Files.isRegularFile(Path.of(file), LinkOption.NOFOLLOW_LINKS), file);
      }
      assertEquals(4, contents());
    }
    assertEquals(here(), download(Map.of("HF_HUB_OFFLINE", "1")));
  }

  private static final String DOWNLOAD_REVISION =
      """
      import sys
      from huggingface_hub import hf_hub_download
      print(hf_hub_download(sys.argv[1], sys.argv[3], revision=sys.argv[2]))
      """;

  @ParameterizedTest
  @ValueSource(strings = {"v1", "feature/x", "commit"})
  void revisionsAreShared(String name) throws Exception {
    server.tag(REPO, "v1");
    server.tag(REPO, "feature/x");
    String revision = name.equals("commit") ? server.commit(REPO) : name;
    server.putSmall(REPO, FILES.get(3), new byte[11]);
    String model = REPO + "@" + revision;
    Cli.run(environment, "models", "pull", model, "--quant", "q4").succeeded();
    String path = Cli.run(environment, "models", "path", model, "--quant", "q4").succeeded().out();
    List<String> expected = List.of(path.strip() + "/" + FILES.get(3));
    Map<String, String> offline = Map.of("HF_HUB_OFFLINE", "1");
    assertEquals(expected, python(Map.of(), DOWNLOAD_REVISION, REPO, revision, FILES.get(3)));
    assertEquals(expected, python(offline, DOWNLOAD_REVISION, REPO, revision, FILES.get(3)));
    assertEquals(10, Files.size(Path.of(expected.getFirst())));
  }

  private static final String PARSE =
      """
      import sys
      from huggingface_hub.utils import parse_hf_uri
      for address in sys.argv[1:]:
          uri = parse_hf_uri(address)
          print(uri.id + ("@" + uri.revision if uri.revision not in (None, "main") else ""))
      """;

  @Test
  void addressesMeanWhatTheyMeanToPython() throws Exception {
    List<String> addresses =
        List.of(
            "https://huggingface.co/org/name",
            "hf.co/org/name/",
            "https://huggingface.co/org/name/tree/v1",
            "https://huggingface.co/org/name/blob/v1/sub/a.txt?download=true",
            "https://huggingface.co/org/name/tree/feature%2Fx",
            "https://huggingface.co/org/name/tree/refs/pr/1/sub",
            "https://huggingface.co/org/name/resolve/refs%2Fpr%2F1/a",
            "hf://org/name",
            "hf://models/org/name@v1/a/b",
            "hf://org/name@feature%2Fx/a",
            "hf://org/name@refs/pr/1/a");
    List<String> arguments = new ArrayList<>(List.of(PARSE));
    arguments.addAll(addresses);
    Variables variables = new Variables(Map.of());
    assertEquals(
        python(Map.of(), arguments.toArray(String[]::new)),
        addresses.stream().map(address -> TypedName.plain(address, variables)).toList());
  }

  private static final String SETTINGS =
      """
      from huggingface_hub import constants
      print(constants.HF_HUB_CACHE, constants.HF_HUB_OFFLINE)
      """;

  /** Which variable wins. */
  @Test
  void variablesMeanWhatTheyMeanToPython() throws Exception {
    List<Map<String, String>> all =
        List.of(
            Map.of(),
            Map.of("HUGGINGFACE_HUB_CACHE", "~/old"),
            Map.of("HUGGINGFACE_HUB_CACHE", "/old", "HF_HUB_CACHE", "/new"),
            Map.of("TRANSFORMERS_OFFLINE", "1"),
            Map.of("TRANSFORMERS_OFFLINE", "yes", "HF_HUB_OFFLINE", "0"),
            Map.of("TRANSFORMERS_OFFLINE", "0", "HF_HUB_OFFLINE", "ON"));
    for (Map<String, String> more : all) {
      Map<String, String> variables = new HashMap<>(environment);
      variables.put("HOME", folder.toString());
      variables.putAll(more);
      HubSettings settings = HubSettings.of(variables);
      assertEquals(
          python(variables, SETTINGS),
          List.of(settings.cache() + (settings.offline().isPresent() ? " True" : " False")),
          more.toString());
    }
  }

  private static final String LOOK =
      """
      import sys
      from huggingface_hub import get_hf_file_metadata
      get_hf_file_metadata(sys.argv[1])
      """;

  @Test
  void theTokenThatIsSentIsPythons() throws Exception {
    List<Map<String, String>> all =
        List.of(
            Map.of(),
            Map.of("HF_TOKEN", "new"),
            Map.of("HUGGING_FACE_HUB_TOKEN", "old"),
            Map.of("HF_TOKEN", "new", "HUGGING_FACE_HUB_TOKEN", "old"),
            Map.of("HUGGING_FACE_HUB_TOKEN", "old", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "1"));
    for (Map<String, String> more : all) {
      python(more, LOOK, server.endpoint() + "/" + REPO + "/resolve/main/" + FILES.get(1));
      String expected = server.requests().getLast().token();
      Map<String, String> variables = new HashMap<>(environment);
      variables.putAll(more);
      Cli.run(variables, "models", "pull", REPO, "--quant", "q8");
      assertEquals(expected, server.requests().getLast().token(), more.toString());
    }
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
