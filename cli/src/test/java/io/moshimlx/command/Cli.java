package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.hub.Hub;
import io.moshimlx.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs moshi-mlx as its users do, in this process or in one of its own. */
final class Cli {
  static {
    Hub.configureProcess();
  }

  /** The folder of the built-in model. */
  static final Path DEMO = Path.of("src/test/resources/random-model").toAbsolutePath();

  private Cli() {}

  /** What a user sees of a run. */
  record Result(int status, String out, String err) {

    /** That it failed as a failure should, with this on its one line of stderr. */
    Result failed(String message) {
      assertEquals("moshi-mlx: " + message + "\n", err);
      assertEquals(ExitStatus.FAILED, status);
      return this;
    }

    /** That it failed with one line on stderr that has all of these in it. */
    Result failedNaming(String... parts) {
      assertEquals(1, err.lines().count(), err);
      assertTrue(err.startsWith("moshi-mlx: ") && !err.contains("internal error"), err);
      for (String part : parts) {
        assertTrue(err.contains(part), () -> "expected '" + part + "' in: " + err);
      }
      assertEquals(ExitStatus.FAILED, status);
      return this;
    }

    Result succeeded() {
      assertEquals("", err);
      assertEquals(ExitStatus.DONE, status);
      return this;
    }
  }

  /** Runs a command in this process, without any variable of its environment. */
  static Result run(Object... arguments) {
    return run(Map.of(), arguments);
  }

  /** Runs a command in this process, with these variables and no configuration but theirs. */
  static Result run(Map<String, String> environment, Object... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Map<String, String> hermetic =
        new HashMap<>(Map.of("XDG_CONFIG_HOME", "/none", "HF_TOKEN_PATH", "/none"));
    hermetic.putAll(environment);
    PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8);
    int status =
        MoshiMlx.execute(
            new Terminal(out, errors, false, false),
            hermetic,
            Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
    return new Result(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** The command line that runs a command in a process of its own. */
  static List<String> process(List<String> jvmOptions, Object... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmn16m",
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.library.path=" + System.getProperty("java.library.path"),
                "-Dmoshimlx.demo=" + DEMO));
    command.addAll(jvmOptions);
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    command.addAll(List.of("-cp", classPath, Main.class.getName()));
    Arrays.stream(arguments).map(Object::toString).forEach(command::add);
    return command;
  }

  /** Runs a command line to its end. */
  static Result await(Path folder, List<String> command) throws IOException, InterruptedException {
    Process process = start(folder, command);
    process.waitFor();
    return result(folder, process);
  }

  /** Starts a command line; what it writes goes to files in a folder, so that it never waits. */
  static Process start(Path folder, List<String> command) throws IOException {
    return new ProcessBuilder(command)
        .redirectOutput(folder.resolve("stdout").toFile())
        .redirectError(folder.resolve("stderr").toFile())
        .start();
  }

  /** What a process that has ended left in its folder. */
  static Result result(Path folder, Process process) throws IOException {
    return new Result(
        process.exitValue(),
        Files.readString(folder.resolve("stdout")),
        Files.readString(folder.resolve("stderr")));
  }
}
