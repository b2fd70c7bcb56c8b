package io.moshimlx.command;

import com.google.gson.JsonObject;
import io.moshimlx.ByteCount;
import io.moshimlx.Variables;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.bench.Benchmark;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.mlx.Device;
import io.moshimlx.terminal.TransientLine;
import java.util.Locale;
import java.util.Optional;
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

  @Override
  public Integer call() {
    if (frames < 1) {
      throw new ParameterException(
          spec.commandLine(), "--frames must be at least 1, not " + frames);
    }
    device.choose();
    model.choose(new Variables(parent.environment()), spec);
    ModelOptions.Located located =
        model.here(new ModelStore(parent.terminal(), parent.environment()));
    ModelFiles files = ModelFiles.find(located.folder(), located.quantization());
    Optional<Benchmark.Report> report;
    try (Interrupts interrupts = Interrupts.watch();
        TransientLine line = new TransientLine(parent.terminal())) {
      line.show("loading " + files.weights().getFileName());
      report =
          Benchmark.run(
              files,
              model.dtype(),
              frames,
              measured -> line.show("measuring: %d of %d frames".formatted(measured, frames)),
              interrupts::raised);
    }
    report.ifPresent(
        r -> parent.terminal().print(json ? Json.text(asJson(files, r)) : asText(files, r)));
    return report.isPresent() ? ExitStatus.DONE : ExitStatus.INTERRUPTED;
  }

  private static String asText(ModelFiles files, Benchmark.Report r) {
    return "%s, %s, %s%n%n"
            .formatted(files.weights(), files.quantization().label(), Device.describe())
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

  private static JsonObject asJson(ModelFiles files, Benchmark.Report r) {
    JsonObject all = new JsonObject();
    all.addProperty("model", files.weights().toString());
    all.addProperty("quant", files.quantization().label());
    all.addProperty("device", Device.describe());
    all.addProperty("frames", r.frames());
    all.add("encode_ms", asJson(r.encode()));
    all.add("model_ms", asJson(r.model()));
    all.add("host_ms", asJson(r.host()));
    all.add("evaluation_ms", asJson(r.evaluation()));
    all.add("decode_ms", asJson(r.decode()));
    all.add("total_ms", asJson(r.total()));
    all.addProperty("real_time_factor", r.realTimeFactor());
    all.addProperty("primitives", r.primitives());
    all.addProperty("evals", r.evals());
    all.addProperty("load_s", r.loadSeconds());
    all.addProperty("first_frame_s", r.firstFrameSeconds());
    all.addProperty("peak_memory_bytes", r.peakMemoryBytes());
    all.addProperty("weights_bytes", r.weightBytes());
    all.addProperty("weights_bytes_per_s", r.weightBytesPerSecond());
    all.addProperty("read_bytes_per_s", r.readBytesPerSecond());
    all.addProperty("read_share", r.readShare());
    return all;
  }

  private static JsonObject asJson(Benchmark.Milliseconds ms) {
    JsonObject both = new JsonObject();
    both.addProperty("p50", ms.p50());
    both.addProperty("p99", ms.p99());
    return both;
  }
}
