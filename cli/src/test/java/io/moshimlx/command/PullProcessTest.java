package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.hub.FakeHub;
import io.moshimlx.hub.TestCertificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
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
    return pull(name, List.of(before), List.of(), Map.of());
  }

  private Process pull(
      String name, List<String> before, List<String> jvmOptions, Map<String, String> variables)
      throws IOException {
    List<String> command = new ArrayList<>(before);
    command.addAll(Cli.process(jvmOptions, "models", "pull", REPO));
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(err(name).toFile());
    builder.environment().putAll(server.environment(folder.resolve("home")));
    builder.environment().putAll(variables);
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

  /** Digits of their own, or letters. */
  @ParameterizedTest
  @ValueSource(strings = {"fa-IR", "ar-EG", "bn-BD", "mr-IN", "ne-NP", "my-MM", "tr-TR"})
  void whatBreaksOffGoesOnInEachLanguage(String locale) throws Exception {
    server.cut(length -> server.transfers().size() < 3 ? SIZE / 4 : length);
    String[] parts = locale.split("-", 2);
    List<String> options = List.of("-Duser.language=" + parts[0], "-Duser.country=" + parts[1]);
    done(pull("locale", List.of(), options, Map.of()), "locale");
    List<Long> from = server.transfers().stream().map(FakeHub.Request::from).toList();
    assertEquals(3, from.size());
    assertTrue(from.get(1) > 0 && from.get(2) > from.get(1), from.toString());
  }

  private List<String> hosts(String... lines) throws IOException {
    Path hosts = Files.write(folder.resolve("hosts"), List.of(lines));
    return List.of("-Djdk.net.hosts.file=" + hosts);
  }

  /** Nobody listens at the first. */
  @Test
  void eachAddressOfAHostIsTried() throws Exception {
    List<String> hosts = hosts("127.0.0.9 hub.test", "127.0.0.1 hub.test");
    Map<String, String> there = Map.of("HF_ENDPOINT", "http://hub.test:" + server.port());
    done(pull("both", List.of(), hosts, there), "both");
    server.close();
    Process none = pull("none", List.of(), hosts, there);
    assertEquals(ExitStatus.FAILED, none.waitFor());
    String message = Files.readString(err("none"));
    assertTrue(
        message.startsWith(
            "moshi-mlx: hub.test:%s cannot be reached: no connection".formatted(server.port())),
        message);
  }

  @Test
  void atEachAddressTheCertificateIsThatOfTheHost() throws Exception {
    List<String> hosts = hosts("127.0.0.9 hub.test", "127.0.0.1 hub.test");
    Map<String, String> variables = new HashMap<>();
    for (String name : List.of("dns:other.test,ip:127.0.0.1", "dns:hub.test,ip:127.0.0.1")) {
      Path made = Files.createTempDirectory(folder, "made");
      TestCertificates certificates = new TestCertificates(made, name);
      server.close();
      server = FakeHub.startSecure(certificates.server());
      server.putLarge(REPO, WEIGHTS, content);
      server.putSmall(REPO, "tokenizer-e351c8d8-checkpoint125.safetensors", new byte[] {1});
      server.putSmall(REPO, "tokenizer_spm_32k_3.model", new byte[] {2});
      variables.put("HF_ENDPOINT", "https://hub.test:" + server.port());
      variables.put("SSL_CERT_FILE", certificates.authority().toString());
      if (name.contains("other")) {
        Process wrong = pull("wrong", List.of(), hosts, variables);
        assertEquals(ExitStatus.FAILED, wrong.waitFor());
        assertTrue(Files.readString(err("wrong")).contains("the certificate of another host"));
        assertTrue(server.requests().isEmpty());
      }
    }
    done(pull("right", List.of(), hosts, variables), "right");
  }

  @Test
  @EnabledOnOs(
      value = OS.LINUX,
      disabledReason = "only there a library can come before the system's")
  void onADiskWithoutLinksTheFileItselfIsThere() throws Exception {
    Path source =
        Files.writeString(
            folder.resolve("nolinks.c"),
            """
            #include <errno.h>
            int symlink(const char *target, const char *path) {
              (void)target;
              (void)path;
              errno = EPERM;
              return -1;
            }
            """);
    Path library = folder.resolve("nolinks.so");
    assertEquals(
        0,
        new ProcessBuilder("cc", "-shared", "-fPIC", "-o", library.toString(), source.toString())
            .inheritIO()
            .start()
            .waitFor());
    Process process = pull("links", List.of(), List.of(), Map.of("LD_PRELOAD", library.toString()));
    assertEquals(ExitStatus.DONE, process.waitFor(), Files.readString(err("links")));
    assertEquals("", Files.readString(err("links")));
    Path file =
        blob.resolve("../../snapshots").resolve(server.commit(REPO)).resolve(WEIGHTS).normalize();
    assertTrue(Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS));
    assertArrayEquals(content, Files.readAllBytes(file));
    assertTrue(Files.notExists(blob) && Files.notExists(partial));
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
        "moshi-mlx: stopped; the downloaded part of org/name is kept, and "
            + "'moshi-mlx models pull org/name' continues from there\n",
        Files.readString(err("stopped")));
    server.release();
    done(pull("again"), "again");
    assertEquals(
        List.of(0L, SIZE / 2L), server.transfers().stream().map(FakeHub.Request::from).toList());
  }
}
