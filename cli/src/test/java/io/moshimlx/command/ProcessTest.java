package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.audio.Wavs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What only a process of its own shows: exit statuses, signals, closed pipes, missing libraries.
 */
class ProcessTest {
  @TempDir Path folder;
  private Path input;
  private Path output;

  @BeforeEach
  void makeInput() throws IOException {
    input = Wavs.tone(folder.resolve("in.wav"), 1);
    output = folder.resolve("out.wav");
  }

  private Cli.Result run(List<String> jvmOptions, Object... arguments)
      throws IOException, InterruptedException {
    return Cli.await(folder, Cli.process(jvmOptions, arguments));
  }

  @Test
  void theDemoAnswers() throws Exception {
    run(List.of(), "run", "--model", "demo", "--input", input, "--output", output).succeeded();
    assertEquals(44 + 13 * 2 * 1920, Files.size(output));
  }

  @Test
  void aDashIsStdinAndStdout() throws Exception {
    run(List.of(), "run", "--model", "demo", "--input", input, "--output", output).succeeded();
    Process process =
        new ProcessBuilder(
                Cli.process(List.of(), "run", "--model", "demo", "--input", "-", "--output", "-"))
            .redirectInput(input.toFile())
            .redirectOutput(folder.resolve("stdout").toFile())
            .redirectError(folder.resolve("stderr").toFile())
            .start();
    assertEquals(0, process.waitFor(), Files.readString(folder.resolve("stderr")));
    byte[] file = Files.readAllBytes(output);
    byte[] piped = Files.readAllBytes(folder.resolve("stdout"));
    assertArrayEquals(
        Arrays.copyOfRange(file, 44, file.length), Arrays.copyOfRange(piped, 44, piped.length));
    assertTrue(Files.notExists(Path.of("-")));
  }

  /** As in Emacs' shell, and in a terminal. */
  @ParameterizedTest
  @CsvSource({"dumb, false", "xterm, true"})
  void onlyATerminalThatCanDrawGetsCodes(String term, boolean codes) throws Exception {
    List<String> options = List.of("-Dmoshimlx.terminals=stdout stderr");
    for (List<String> arguments :
        List.of(
            List.of("run", "--model", "demo", "--input", input.toString()), List.of("--help"))) {
      ProcessBuilder builder =
          new ProcessBuilder(Cli.process(options, arguments.toArray()))
              .redirectOutput(folder.resolve("stdout").toFile())
              .redirectError(folder.resolve("stderr").toFile());
      builder.environment().put("TERM", term);
      builder.environment().put("NO_COLOR", "");
      Process process = builder.start();
      process.waitFor();
      Cli.Result result = Cli.result(folder, process);
      assertEquals(ExitStatus.DONE, result.status(), result.err());
      assertEquals(codes, (result.out() + result.err()).contains("\033["), result.toString());
    }
  }

  @Test
  void aNameMayBeginWithAnAt() throws Exception {
    Path file = Files.copy(input, folder.resolve("@in.wav"));
    Process process =
        new ProcessBuilder(
                Cli.process(List.of(), "run", "--model", "demo", "--input", file.getFileName()))
            .directory(folder.toFile())
            .redirectOutput(folder.resolve("stdout").toFile())
            .redirectError(folder.resolve("stderr").toFile())
            .start();
    process.waitFor();
    assertEquals("", Cli.result(folder, process).succeeded().err());
  }

  @Test
  void wrongUsageIsStatus2() throws Exception {
    Cli.Result result = run(List.of(), "run", "--input", input);
    assertEquals(ExitStatus.WRONG_USAGE, result.status());
    assertEquals(2, result.err().lines().count(), result.err());
  }

  @Test
  void theDemoMayBeMissing() throws Exception {
    run(List.of("-Dmoshimlx.demo=/none"), "run", "--model", "demo", "--input", input)
        .failed(
            "the demo model is not part of this installation (/none is missing); "
                + "start the tool with scripts/moshi-mlx, or install it again");
  }

  @Test
  void theStackTraceIsShownOnlyWhenAskedFor() throws Exception {
    Object[] arguments = {"run", "--model", "demo", "--input", "/none.wav"};
    assertEquals(1, run(List.of(), arguments).failedNaming("/none.wav").err().lines().count());
    Cli.Result verbose =
        run(List.of(), "run", "--model", "demo", "--input", "/none.wav", "--verbose");
    assertEquals(ExitStatus.FAILED, verbose.status());
    assertTrue(verbose.err().startsWith("moshi-mlx: /none.wav cannot be read"), verbose.err());
    assertTrue(verbose.err().contains("\tat io.moshimlx."), verbose.err());
  }

  @Test
  void withoutTheLibrariesTheFailureIsOneLineAndTheVersionsAreStillShown() throws Exception {
    List<String> nowhere = List.of("-Djava.library.path=" + folder);
    run(nowhere, "run", "--model", "demo", "--input", input, "--output", output)
        .failedNaming(folder.toString());
    assertTrue(Files.notExists(output));
    Cli.Result version = run(nowhere, "--version");
    assertEquals(ExitStatus.DONE, version.status());
    assertTrue(version.out().matches("(?s)moshi-mlx \\d.*"), version.out());
    assertTrue(version.out().contains("JVM"), version.out());
  }

  @Test
  void versionsOfAllParts() throws Exception {
    String out = run(List.of(), "--version").succeeded().out();
    for (String part :
        List.of(
            "moshi-mlx \\d+(\\.\\d+){2}(-\\w+)?( \\([0-9a-f]{12}(-modified)?, \\d{4}(-\\d\\d){2}\\))?",
            "MLX +0\\.32\\..*",
            "mlx-c +mlx-sys 0\\.\\d+\\.\\d+ \\(.*libmlxc.*\\)",
            "codec +crate moshi 0\\.6\\.\\d+",
            "JVM +.* " + Pattern.quote(Runtime.version().toString()),
            "device +[CG]PU.*")) {
      assertTrue(out.lines().anyMatch(line -> line.matches(part)), part + " in:\n" + out);
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aFullDiskIsNamed() throws Exception {
    String remedy = " No space left on device; choose another place for ";
    run(List.of(), "run", "--model", "demo", "--input", input, "--output", "/dev/full")
        .failed("/dev/full cannot be written:" + remedy + "the output");
    run(List.of(), "run", "--model", "demo", "--input", input, "--events", "/dev/full")
        .failed("/dev/full can no longer be written:" + remedy + "it");
  }

  /** The reader takes one line and goes. */
  private Cli.Result withClosedPipe(Object... arguments) throws Exception {
    Path err = folder.resolve("stderr");
    Process process =
        new ProcessBuilder(Cli.process(List.of(), arguments)).redirectError(err.toFile()).start();
    String line;
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8), 1)) {
      line = String.valueOf((char) reader.read());
    }
    return new Cli.Result(process.waitFor(), line, Files.readString(err));
  }

  @Test
  void aClosedPipeEndsTheRun() throws Exception {
    Wavs.tone(input, 20);
    String message =
        "stdout can no longer be written: whatever read it has ended; keep its reader running";
    withClosedPipe("run", "--model", "demo", "--input", input, "--events", "-").failed(message);
    withClosedPipe("run", "--model", "demo", "--input", input, "--output", output).failed(message);
    assertTrue(Files.notExists(output));
  }

  @Test
  void helpIntoAClosedPipeIsQuiet() throws Exception {
    assertEquals("", withClosedPipe("run", "--help").err());
  }

  /** A signal is ignored by processes that were started in the background: perl undoes that. */
  @Test
  void anInterruptedRunEndsInOrder() throws Exception {
    Wavs.tone(input, 600);
    Files.writeString(output, "former");
    List<String> command =
        new ArrayList<>(List.of("perl", "-e", "$SIG{INT} = 'DEFAULT'; exec @ARGV"));
    command.addAll(
        Cli.process(
            List.of(),
            "run",
            "--model",
            "demo",
            "--input",
            input,
            "--output",
            output,
            "--events",
            "-"));
    Path err = folder.resolve("stderr");
    Process process = new ProcessBuilder(command).redirectError(err.toFile()).start();
    String last = "";
    try (BufferedReader events = process.inputReader(StandardCharsets.UTF_8)) {
      for (int i = 0; i < 5; i++) {
        last = events.readLine();
      }
      assertFalse(last.contains("\"end\""), last);
      assertEquals(
          0, new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor());
      for (String line = last; line != null; line = events.readLine()) {
        last = line;
      }
    }
    assertEquals(ExitStatus.INTERRUPTED, process.waitFor());
    assertTrue(last.contains("\"reason\":\"interrupted\""), last);
    assertEquals("", Files.readString(err));
    assertEquals("former", Files.readString(output));
  }
}
