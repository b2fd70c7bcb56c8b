package io.moshimlx.audio;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** Programs of the system that are asked something, all of them within one time limit. */
final class SystemTools {
  private static final File NOTHING = new File("/dev/null");

  private final Map<String, String> environment;
  private final long deadline;

  /**
   * Tools that are looked for now.
   *
   * @param environment of the tools; they lie on its PATH
   * @param millis for all answers together
   */
  SystemTools(Map<String, String> environment, long millis) {
    this.environment = environment;
    deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
  }

  /** What a tool prints, untranslated; empty where it is not there, fails or does not answer. */
  Optional<String> ask(String tool, String... arguments) {
    Optional<File> file = find(tool);
    if (file.isEmpty()) {
      return Optional.empty();
    }
    List<String> command =
        Stream.concat(Stream.of(file.get().toString()), Arrays.stream(arguments)).toList();
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectInput(Redirect.from(NOTHING))
            .redirectError(Redirect.DISCARD);
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.environment().put("LC_ALL", "C");
    try {
      return read(builder.start());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** As a File: a Path refuses names that the locale cannot spell. */
  private Optional<File> find(String tool) {
    return Arrays.stream(environment.getOrDefault("PATH", "").split(File.pathSeparator))
        .map(folder -> new File(folder, tool))
        .filter(file -> file.isFile() && file.canExecute())
        .findFirst();
  }

  private Optional<String> read(Process process) {
    CompletableFuture<byte[]> printed = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("answer")
        .start(() -> {
          try {
            printed.complete(process.getInputStream().readAllBytes());
          } catch (IOException e) {
            printed.completeExceptionally(e);
          }
        });
    try {
      byte[] answer = printed.get(left(), TimeUnit.NANOSECONDS);
      return process.waitFor(left(), TimeUnit.NANOSECONDS) && process.exitValue() == 0
          ? Optional.of(new String(answer, StandardCharsets.UTF_8))
          : Optional.empty();
    } catch (ExecutionException | TimeoutException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private long left() {
    return Math.max(0, deadline - System.nanoTime());
  }
}
