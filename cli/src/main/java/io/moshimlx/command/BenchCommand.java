package io.moshimlx.command;

import io.moshimlx.ByteCount;
import io.moshimlx.CancelledException;
import io.moshimlx.Variables;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.bench.Benchmark;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.mlx.Device;
import io.moshimlx.store.ModelLocator;
import io.moshimlx.store.ModelRequest;
import io.moshimlx.store.ModelStore;
import io.moshimlx.terminal.CountLine;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code moshi-mlx bench}: measures the cost of a frame. */
@Command(
    name = "bench",
    customSynopsis = "moshi-mlx bench [--model MODEL] [--frames N] [OPTIONS]",
    header = "Measure the cost of a frame on this machine.",
    description = {
      "Lets a model answer a tone, with encoding, model and decoding one after the other. Prints "
          + "the time of each, memory and its bandwidth, and the time to start. Close other "
          + "programs "
          + "meanwhile. docs/performance.md explains the figures."
    },
    footer = {
      "  moshi-mlx bench",
      "  moshi-mlx bench --model ~/moshiko --quant q4 --frames 2000 --json"
    })
final class BenchCommand implements Callable<Integer> {
  @ParentCommand private MoshiMlx parent;
  @Spec private CommandSpec spec;

  @ArgGroup(validate = false, heading = "%nModel (default: demo):%n", order = 1)
  private final ModelOptions model = new ModelOptions();

  @Mixin private DeviceOption device;

  @Option(
      names = "--frames",
      paramLabel = "N",
      defaultValue = "250",
      description = {
        "Number of frames to measure.",
        "The first second is not counted (default: ${DEFAULT-VALUE})."
      })
  private int frames;

  @Option(names = "--json", fallbackValue = "true", description = "Print JSON; see docs/json.md.")
  private boolean json;

  /** What {@code --json} prints; the end of each name is its unit. */
  private record Output(
      String model,
      String quant,
      String device,
      int frames,
      Benchmark.Milliseconds encodeMs,
      Benchmark.Milliseconds modelMs,
      Benchmark.Milliseconds hostMs,
      Benchmark.Milliseconds evaluationMs,
      Benchmark.Milliseconds decodeMs,
      Benchmark.Milliseconds totalMs,
      double realTimeFactor,
      long primitives,
      int evals,
      double loadS,
      double firstFrameS,
      long peakMemoryBytes,
      long weightsBytes,
      double weightsBytesPerS,
      double readBytesPerS,
      double readShare) {

    static Output of(ModelFiles files, Benchmark.Report r) {
      return new Output(
          files.weights().toString(),
          files.storedAs(),
          Device.describe(),
          r.frames(),
          r.encode(),
          r.model(),
          r.host(),
          r.evaluation(),
          r.decode(),
          r.total(),
          r.realTimeFactor(),
          r.primitives(),
          r.evals(),
          r.loadSeconds(),
          r.firstFrameSeconds(),
          r.peakMemoryBytes(),
          r.weightBytes(),
          r.weightBytesPerSecond(),
          r.readBytesPerSecond(),
          r.readShare());
    }
  }

  @Override
  public Integer call() {
    if (frames < 1) {
      throw new ParameterException(
          spec.commandLine(), "--frames must be at least 1, not " + frames);
    }
    device.choose();
    ModelRequest request = model.request(new Variables(parent.environment()), spec);
    ModelStore store = new ModelStore(parent.environment());
    ModelFiles files = new ModelLocator(store).require(request).files();
    Benchmark.Report report;
    try (Interrupts interrupts = Interrupts.watch();
        CountLine line = new CountLine(parent.terminal(), "frames", interrupts::raised)) {
      report = Benchmark.run(files, model.dtype(), frames, line);
    } catch (CancelledException e) {
      return ExitStatus.INTERRUPTED;
    }
    parent.terminal().print(json ? Json.text(Output.of(files, report)) : asText(files, report));
    return ExitStatus.DONE;
  }

  private static String asText(ModelFiles files, Benchmark.Report r) {
    return "%s, %s, %s%n%n".formatted(files.weights(), files.storedAs(), Device.describe())
        + "%-22s %10s %10s%n"
            .formatted(
                "%d frames of %d ms".formatted(r.frames(), AudioSource.FRAME_MILLIS), "p50", "p99")
        + row("encode", r.encode())
        + row("model", r.model())
        + row("  graph building", r.host())
        + row("  evaluation", r.evaluation())
        + row("decode", r.decode())
        + row("all", r.total())
        + "%n".formatted()
        + line("real-time factor", String.format(Locale.ROOT, "%.2f", r.realTimeFactor()))
        + line("a step of the model", "%d primitives, %d eval".formatted(r.primitives(), r.evals()))
        + line(
            "loading",
            String.format(
                Locale.ROOT,
                "%.2f s; %.2f s to the first frame",
                r.loadSeconds(),
                r.firstFrameSeconds()))
        + line("peak memory of MLX", ByteCount.of(r.peakMemoryBytes()))
        + line(
            "weights a frame",
            String.format(
                Locale.ROOT,
                "%s: %s/s, %.0f %% of the %s/s of a plain read",
                ByteCount.of(r.weightBytes()),
                ByteCount.of(Math.round(r.weightBytesPerSecond())),
                100 * r.readShare(),
                ByteCount.of(Math.round(r.readBytesPerSecond()))));
  }

  private static String row(String name, Benchmark.Milliseconds ms) {
    return String.format(Locale.ROOT, "  %-20s %7.2f ms %7.2f ms%n", name, ms.p50(), ms.p99());
  }

  private static String line(String name, String value) {
    return "%-22s %s%n".formatted(name, value);
  }
}
