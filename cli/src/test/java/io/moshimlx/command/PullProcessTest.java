package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.hub.FakeHub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Downloads by processes that are killed, interrupted, or not alone. */
class PullProcessTest {
  private static final String REPO = "org/name";
  private static final String WEIGHTS = "model.q4.safetensors";
  private static final int SIZE = 5_000_000;
  private static final long PATIENCE_SECONDS = 60;

  @TempDir Path folder;
  private FakeHub server;
  private byte[] content;
  private Path blob;
  private Path partial;

  @BeforeEach
  void start() throws IOException {
    server = FakeHub.start();
    content = new byte[SIZE];
    new Random(1).nextBytes(content);
    String sha = server.putLarge(REPO, WEIGHTS, content);
    server.putSmall(REPO, "tokenizer-e351c8d8-checkpoint125.safetensors", new byte[] {1});
    server.putSmall(REPO, "tokenizer_spm_32k_3.model", new byte[] {2});
    Path blobs = folder.resolve("home/hub/models--org--name/blobs");
    blob = blobs.resolve(sha);
    partial = blobs.resolve(sha + ".moshi-mlx.partial");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Path err(String name) {
    return folder.resolve(name + ".err");
  }

  private Process pull(String name, String... before) throws IOException {
    return pull(List.of(), name, before);
  }

  private Process pull(List<String> jvmOptions, String name, String... before) throws IOException {
    List<String> command = new ArrayList<>(List.of(before));
    command.addAll(Cli.process(jvmOptions, "models", "pull", REPO));
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(err(name).toFile());
    builder.environment().putAll(server.environment(folder.resolve("home")));
    return builder.start();
  }

  private static void await(Process process, BooleanSupplier condition, String what)
      throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!condition.getAsBoolean()) {
      assertTrue(process.isAlive() && System.nanoTime() < end, what);
      Thread.sleep(5);
    }
  }

  private long here() {
    try {
      return Files.size(partial);
    } catch (IOException e) {
      return 0;
    }
  }

  private void done(Process process, String name) throws Exception {
    assertEquals(ExitStatus.DONE, process.waitFor(), Files.readString(err(name)));
    assertEquals("", Files.readString(err(name)));
    assertArrayEquals(content, Files.readAllBytes(blob));
    assertTrue(Files.notExists(partial));
  }

  @Test
  void aProcessThatIsKilledLosesNothing() throws Exception {
    Random random = new Random(2);
    List<Long> reached = new ArrayList<>(List.of(0L));
    for (int kill = 1; kill <= 10; kill++) {
      // Anywhere in the tenth, not at the end of a block.
      long point = kill * (SIZE / 10L) - 1 - random.nextInt(SIZE / 11);
      server.holdAfter(point);
      Process process = pull("killed");
      await(process, () -> here() == point, "fetched up to " + point);
      process.destroyForcibly().waitFor();
      reached.add(point);
      server.release();
    }
    done(pull("last"), "last");
    assertEquals(reached, server.transfers().stream().map(FakeHub.Request::from).toList());
  }

  /** Persian and Arabic have other digits, Turkish another small I. */
  @ParameterizedTest
  @ValueSource(strings = {"fa-IR", "ar-EG", "tr-TR", "hi-IN-u-nu-deva"})
  void aDownloadGoesOnWhateverTheLanguage(String tag) throws Exception {
    Locale locale = Locale.forLanguageTag(tag);
    List<String> options =
        List.of(
            "-Duser.language=" + locale.getLanguage(),
            "-Duser.country=" + locale.getCountry(),
            "-Duser.extensions=" + tag.replaceFirst("..-..-?", ""));
    server.holdAfter(SIZE / 2);
    Process process = pull(options, "killed");
    await(process, () -> here() == SIZE / 2, "fetched one half");
    process.destroyForcibly().waitFor();
    server.release();
    done(pull(options, "last"), "last");
    assertEquals(
        List.of(0L, SIZE / 2L), server.transfers().stream().map(FakeHub.Request::from).toList());
  }

  @Test
  void twoProcessesFetchOnce() throws Exception {
    server.holdAfter(SIZE / 2);
    Process first = pull("first");
    await(first, () -> here() == SIZE / 2, "fetched one half");
    int before = server.requests().size();
    Process second = pull("second");
    // What it asks the hub before it needs the content: config.json, weights, codec, tokenizer.
    await(second, () -> server.requests().size() >= before + 4, "looked the files up");
    server.release();
    done(first, "first");
    done(second, "second");
    assertEquals(1, server.transfers().size());
  }

  /** A limit to the size of files stands in for a full disk: it, too, shows at a write only. */
  @Test
  void aFullDiskIsNamedAndWhatIsHereIsKept() throws Exception {
    Process process = pull("full", "bash", "-c", "ulimit -f 2000 && exec \"$@\"", "bash");
    assertEquals(ExitStatus.FAILED, process.waitFor());
    String message = Files.readString(err("full"));
    assertTrue(
        message.startsWith("moshi-mlx: " + partial + " cannot be written: File too large; "),
        message);
    assertTrue(message.contains("what is here is kept; make room"), message);
    assertEquals(2000 * 1024, here());
    done(pull("again"), "again");
    assertEquals(2000 * 1024, server.transfers().getLast().from());
  }

  /** A signal is ignored by processes that were started in the background: perl undoes that. */
  @Test
  void anInterruptedProcessSaysWhatBecomesOfIt() throws Exception {
    server.holdAfter(SIZE / 2);
    Process process = pull("stopped", "perl", "-e", "$SIG{INT} = 'DEFAULT'; exec @ARGV");
    await(process, () -> here() == SIZE / 2, "fetched one half");
    assertEquals(
        0, new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor());
    assertEquals(ExitStatus.INTERRUPTED, process.waitFor());
    assertEquals(
        "moshi-mlx: stopped; what is here of org/name is kept, "
            + "'moshi-mlx models pull org/name' goes on from there\n",
        Files.readString(err("stopped")));
    server.release();
    done(pull("again"), "again");
    assertEquals(
        List.of(0L, SIZE / 2L), server.transfers().stream().map(FakeHub.Request::from).toList());
  }
}
