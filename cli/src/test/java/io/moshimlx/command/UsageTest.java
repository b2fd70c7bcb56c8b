package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class UsageTest {
  @TempDir Path folder;

  private static void refused(String message, String command, Cli.Result result) {
    assertEquals("moshi-mlx: %s\nTry '%s --help'\n".formatted(message, command), result.err());
    assertEquals(ExitStatus.WRONG_USAGE, result.status());
    assertEquals("", result.out());
  }

  private static void refusedRun(String message, Object... options) {
    Object[] arguments =
        Stream.concat(
                Stream.of("run", "--model", Cli.DEMO, "--input", "in.wav"), Stream.of(options))
            .toArray();
    refused(message, "moshi-mlx run", Cli.run(arguments));
  }

  @Test
  void withoutACommandTheShortHelpIsPrinted() {
    String help = Cli.run("-h").succeeded().out();
    assertTrue(help.contains("Usage: moshi-mlx COMMAND") && help.contains("  run  "), help);
    assertEquals(help, Cli.run().succeeded().out());
    assertEquals(help, Cli.run("--verbose").succeeded().out());
  }

  @ParameterizedTest
  @MethodSource("commands")
  void theShortHelpHasOneLineForEachOptionAndTheGeneralOnesLast(String command) {
    List<String> lines =
        Cli.run((Object[]) (command + " -h").split(" ")).succeeded().out().lines().toList();
    assertTrue(
        lines.stream().allMatch(line -> line.length() <= 80), () -> String.join("\n", lines));
    assertTrue(
        lines.stream()
            .filter(line -> line.startsWith("   "))
            .allMatch(line -> line.matches(" {6,7}\\S.*")),
        () -> String.join("\n", lines));
    List<String> options =
        lines.stream()
            .filter(line -> line.matches(" {2,6}-.*"))
            .map(line -> line.strip().replaceFirst("\\s.*", ""))
            .toList();
    assertEquals(
        List.of("--verbose", "-h,", "-V,"), options.subList(options.size() - 3, options.size()));
    assertEquals("'moshi-mlx " + command + " --help' explains more.", lines.getLast());
  }

  static List<String> commands() {
    return List.of(
        "run",
        "models",
        "models pull",
        "models path",
        "models rm",
        "voices",
        "quantize",
        "devices",
        "doctor",
        "bench");
  }

  @Test
  void theLongHelpHasExitStatuses() {
    for (String command : commands()) {
      Object[] words = (command + " --help").split(" ");
      String help = Cli.run(words).succeeded().out();
      assertTrue(help.contains("Exit status:") && help.contains("--version"), help);
      assertTrue(help.lines().allMatch(line -> line.length() <= 80), help);
    }
    // Also where an argument is missing.
    assertTrue(Cli.run("quantize", "-h").succeeded().out().contains("IN OUT --quant"));
  }

  @Test
  void whatIsUnknownIsNamed() {
    refused("Unmatched argument at index 0: 'walk'", "moshi-mlx", Cli.run("walk"));
    refusedRun("Unknown option: '--nope'", "--nope");
    refusedRun("Unmatched argument at index 5: 'more.wav'", "more.wav");
  }

  @Test
  void whatBelongsTogetherIsNeededTogether() {
    refused(
        "--model or --voice is missing; see 'moshi-mlx models' and 'moshi-mlx voices', or use --model demo",
        "moshi-mlx run",
        Cli.run("run", "--input", "in.wav"));
    refused(
        "--output goes with --input; a live conversation is recorded with --record",
        "moshi-mlx run",
        Cli.run("run", "--model", "demo", "--output", "out.wav"));
    refused(
        "--tail goes with --input",
        "moshi-mlx run",
        Cli.run("run", "--model", "demo", "--tail", "3"));
  }

  @Test
  void aModelToFetchIsNeeded() {
    for (String command : new String[] {"pull", "path", "rm"}) {
      refused(
          "Missing required parameter: 'NAME|ORG/NAME'",
          "moshi-mlx models " + command,
          Cli.run("models", command));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--quant q5         | Invalid value for option '--quant': 'q5' is none of q4, q6, q8, bf16",
        "--dtype int8       | Invalid value for option '--dtype': 'int8' is none of float32, bfloat16, float16",
        "--device tpu       | Invalid value for option '--device': 'tpu' is none of cpu, gpu",
        "--top-k many       | Invalid value for option '--top-k': 'many' is not an int",
        "--seed 1.5         | Invalid value for option '--seed': '1.5' is not a long",
        "--temp             | Missing required parameter for option '--temp' (T)",
        "--temp -0.1        | --temp must be from 0 to 100, not -0.1",
        "--temp NaN         | --temp must be from 0 to 100, not NaN",
        "--repetition-penalty 0.5 | --repetition-penalty must be from 1 to 10, not 0.5",
        "--repetition-penalty 1.1 --repetition-context -1 | --repetition-context must be from 0 to 1000, not -1",
        "--repetition-context 9 | --repetition-context goes with --repetition-penalty",
        "--pad-bonus 101     | --pad-bonus must be from -100 to 100, not 101.0",
        "--text-temp 1e9    | --text-temp must be from 0 to 100, not 1.0E9",
        "--cfg-coef -1      | --cfg-coef must be from 0 to 100, not -1.0",
        "--top-k -1         | --top-k must be 0 or above, not -1",
        "--text-top-k -2    | --text-top-k must be 0 or above, not -2",
        "--top-p 1.1        | --top-p must be from 0 to 1, not 1.1",
        "--text-top-p -1    | --text-top-p must be from 0 to 1, not -1.0",
        "--min-p 2          | --min-p must be from 0 to 1, not 2.0",
        "--text-min-p 2     | --text-min-p must be from 0 to 1, not 2.0",
        "--seed -1          | --seed must be 0 or above, not -1",
        "--tail -1          | --tail must be from 0 to 3600 seconds",
        "--tail NaN         | --tail must be from 0 to 3600 seconds",
        "--lead -1          | --lead must be from 0 to 3600 seconds",
        "--channel middle   | Invalid value for option '--channel': 'middle' is none of left, right, mix and the numbers from 1 on",
        "--channel 0        | Invalid value for option '--channel': '0' is none of left, right, mix and the numbers from 1 on",
        "--temp 0 --top-k 5 | --temp 0 always takes the likeliest token, so --top-k would have no effect",
        "--temp 0 --text-min-p 0.1 | --temp 0 always takes the likeliest token, so --text-min-p would have no effect",
        "--text-temp 0 --text-top-p 0.9 | --text-temp 0 always takes the likeliest token, so --text-top-p would have no effect",
        "--top-k 5 --top-p 0.9 | --top-k and --top-p exclude each other",
        "--text-top-p 0.9 --text-min-p 0.1 | --text-top-p and --text-min-p exclude each other",
        "--echo-cancellation maybe | Invalid value for option '--echo-cancellation': 'maybe' is none of auto, on, off",
        "--echo-cancellation on | --echo-cancellation goes with a live conversation, not with --input",
        "--input-device 0   | --input-device goes with a live conversation, not with --input",
        "--output-device 0  | --output-device goes with a live conversation, not with --input",
        "--record r.wav     | --record goes with a live conversation, not with --input",
        "--duration 5       | --duration goes with a live conversation, not with --input",
        "--duration 0       | --duration must be above 0 seconds, not 0.0",
        "--output in.wav    | --input and --output are the same file",
        "--output ./in.wav  | --input and --output are the same file",
        "--events in.wav    | --input and --events are the same file",
        "--output a --events a | --output and --events go to the same place",
        "--output - --events - | --output and --events go to the same place",
        "--output /dev/stdout --events - | --output and --events go to the same place",
      })
  void wrongValuesAndContradictionsAreNamed(String options, String message) {
    refusedRun(message, (Object[]) options.split(" ", -1));
  }

  @Test
  void theSameFileIsFoundThroughALink() throws Exception {
    Path file = Files.createFile(folder.resolve("a.wav"));
    Path link = Files.createSymbolicLink(folder.resolve("b.wav"), file);
    refused(
        "--input and --output are the same file",
        "moshi-mlx run",
        Cli.run("run", "--model", "demo", "--input", file, "--output", link));
  }

  @Test
  void theLongHelpNamesEveryOptionInGroupsWithExamples() {
    Cli.Result help = Cli.run("run", "--help").succeeded();
    for (String part :
        new String[] {
          "Model:",
          "Input and output:",
          "Sampling:",
          "Exit status:",
          "Examples:",
          "--model",
          "--voice",
          "--quant",
          "--dtype",
          "--device",
          "--yes",
          "--offline",
          "--input",
          "--output",
          "--channel",
          "--lead",
          "--tail",
          "--events",
          "--temp",
          "--text-temp",
          "--top-k",
          "--text-top-k",
          "--top-p",
          "--text-top-p",
          "--min-p",
          "--text-min-p",
          "--cfg-coef",
          "--seed",
          "--input-device",
          "--output-device",
          "--echo-cancellation",
          "--record",
          "--duration",
          "--verbose",
          "--help"
        }) {
      assertTrue(help.out().contains(part), part);
    }
    assertTrue(help.out().lines().allMatch(line -> line.length() <= 80), help.out());
    assertTrue(Cli.run("--help").succeeded().out().contains("Commands:\n  run  "));
  }
}
