package io.moshimlx.command;

import io.moshimlx.CancelledException;
import io.moshimlx.UserException;
import io.moshimlx.Variables;
import io.moshimlx.audio.AudioNotices;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.audio.RecordingSource;
import io.moshimlx.bench.FidelityCheck;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.checkpoint.Precision;
import io.moshimlx.hub.TypedName;
import io.moshimlx.quantize.Fidelity;
import io.moshimlx.quantize.QuantizedFolder;
import io.moshimlx.quantize.Quantizer;
import io.moshimlx.store.HubModel;
import io.moshimlx.store.ModelLocator;
import io.moshimlx.store.ModelPlan;
import io.moshimlx.store.ModelStore;
import io.moshimlx.terminal.CountLine;
import io.moshimlx.terminal.Terminal;
import io.moshimlx.terminal.TransferLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code moshi-mlx quantize}: a smaller model from a large one. */
@Command(
    name = "quantize",
    customSynopsis = "moshi-mlx quantize IN OUT --quant q4|q6|q8 [OPTIONS]",
    header = "Make a model smaller and faster.",
    description = {
      "Stores the weights of a model with fewer bits. The work goes tensor by tensor, so that it "
          + "takes little memory, whatever the model's size. docs/models.md has the details."
    },
    footer = {
      "  moshi-mlx quantize ~/moshiko-bf16 ~/moshiko-q4 --quant q4",
      "  moshi-mlx quantize hibiki-1b ~/hibiki-q8 --quant q8 --yes",
      "  moshi-mlx quantize ~/moshiko-bf16 ~/moshiko-q6 --quant q6 --check hello.wav"
    })
final class QuantizeCommand implements Callable<Integer> {
  private static final String FILE_END = ".safetensors";
  private static final String REMEDY = "make room, or choose another place";
  private static final int NAMED_TENSORS = 3;

  @ParentCommand private MoshiMlx parent;
  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "IN",
      description = {
        "Model to quantise, in bf16 or float32.",
        "A folder; a name that 'moshi-mlx models' lists; a repository of the hub (org/name, "
            + "org/name@revision or its address); 'demo'; or a file of weights. The tensors may "
            + "be laid out as in MLX or as in PyTorch."
      })
  private String in;

  @Parameters(
      index = "1",
      paramLabel = "OUT",
      description = {
        "Folder or file to write.",
        "A folder that does not exist yet becomes a complete model. A file name that ends in "
            + ".safetensors holds the weights only."
      })
  private Path out;

  @Option(
      names = "--quant",
      required = true,
      paramLabel = "q4|q6|q8",
      converter = BitsConverter.class,
      description = "Bits of a weight.")
  private Precision precision;

  @Option(
      names = "--group-size",
      paramLabel = "N",
      description = {
        "Weights that share a scale.",
        "32, 64 or 128; the default is 32 for q4 and 64 for q6 and q8. Other tools load only the "
            + "defaults of q4 and q8."
      })
  private Integer groupSize;

  @Option(
      names = "--check",
      paramLabel = "FILE",
      description = {
        "Compare both models on a recording.",
        "Prints how often both choose the same token, and how far their distributions differ. "
            + "Takes memory for both models."
      })
  private Path check;

  @Mixin private DeviceOption device;

  @ArgGroup(validate = false, heading = "%nDownloads:%n")
  private final FetchOptions fetching = new FetchOptions();

  private static final class BitsConverter implements ITypeConverter<Precision> {
    @Override
    public Precision convert(String value) {
      return Choices.choose(
          value, List.of(Precision.Q4, Precision.Q6, Precision.Q8), Precision::label);
    }
  }

  @Override
  public Integer call() {
    if (!Files.exists(Path.of(in))) {
      in = TypedName.plain(in, new Variables(parent.environment()));
    }
    Precision target = target();
    boolean toFile = out.toString().endsWith(FILE_END);
    checkUsage(target, toFile);
    device.choose();
    ModelPreparation preparation =
        new ModelPreparation(parent.terminal(), new ModelStore(parent.environment()));
    Optional<ModelPlan> plan = inHub().map(model -> preparation.agreed(model, fetching));
    Path source = plan.map(ModelPlan::folder).orElseGet(this::onDisk);
    try (Interrupts interrupts = Interrupts.watch();
        AudioSource recording =
            check == null ? null : RecordingSource.open(check, new Told(parent.terminal()))) {
      if (plan.isPresent() && !preparation.carryOut(plan.orElseThrow(), interrupts::raised)) {
        return ExitStatus.INTERRUPTED;
      }
      // Before the work, so that a missing file is reported at once.
      ModelFiles compared = check == null ? null : compared(source);
      Path written = toFile ? file(source, target, interrupts) : folder(source, target, interrupts);
      if (recording != null) {
        compare(compared, written, recording, interrupts);
      }
      return ExitStatus.DONE;
    } catch (CancelledException e) {
      return ExitStatus.INTERRUPTED;
    }
  }

  /** Warns the user of an incomplete recording. */
  private record Told(Terminal terminal) implements AudioNotices {
    @Override
    public void incomplete(String sentence) {
      terminal.err().println("moshi-mlx: warning: " + sentence);
    }
  }

  /** The model of the hub that is named, as it is before it is quantised; empty for a path. */
  private Optional<HubModel> inHub() {
    Optional<HubModel> named =
        in.endsWith(FILE_END) || Files.exists(Path.of(in))
            ? Optional.empty()
            : HubModel.of(in, Optional.empty());
    named
        .filter(model -> model.name().equals(in))
        .flatMap(HubModel::precision)
        .filter(Precision::isQuantized)
        .ifPresent(_ -> {
          throw new UserException(
              in + " is quantised already", "use the model that it was made from, in bf16");
        });
    return named.flatMap(_ -> HubModel.of(in, Optional.of(Precision.NONE)));
  }

  /** The folder or file that is named. */
  private Path onDisk() {
    return in.endsWith(FILE_END) ? Path.of(in) : ModelLocator.folder(in);
  }

  private Precision target() {
    return groupSize == null ? precision : precision.withGroupSize(groupSize);
  }

  private void checkUsage(Precision target, boolean toFile) {
    if (!Precision.GROUP_SIZES.contains(target.groupSize())) {
      throw new ParameterException(
          spec.commandLine(), "--group-size must be 32, 64 or 128, not " + groupSize);
    }
    if (in.endsWith(FILE_END) && !toFile) {
      throw new ParameterException(
          spec.commandLine(), "IN is a file, so OUT must be a file name that ends in " + FILE_END);
    }
    Precision named = Precision.ofFile(out.toString());
    if (toFile && named.isQuantized() && !named.equals(target)) {
      throw new ParameterException(
          spec.commandLine(),
          "%s is the name of a file of %d bits in groups of %d; choose a name that ends in %s"
              .formatted(out, named.bits(), named.groupSize(), target.suffix()));
    }
  }

  /** Writes the weights only. */
  private Path file(Path source, Precision target, Interrupts interrupts) {
    Path weights = Files.isDirectory(source) ? unquantised(source).weights() : source;
    if (isSame(weights, out)) {
      throw new UserException(out + " is both IN and OUT", "choose another name for OUT");
    }
    Quantizer quantizer = new Quantizer(weights, target);
    try {
      write(quantizer, out, interrupts);
      return report(quantizer, out, target);
    } catch (IOException e) {
      throw UserException.cannotWrite(out, e, REMEDY);
    }
  }

  /** Writes a complete model. */
  private Path folder(Path source, Precision target, Interrupts interrupts) {
    ModelFiles files = unquantised(source);
    Quantizer quantizer = new Quantizer(files.weights(), target);
    QuantizedFolder folder = new QuantizedFolder(files, source, out, target, REMEDY);
    folder.make(file -> write(quantizer, file, interrupts));
    return report(quantizer, folder.weights(), target);
  }

  private static ModelFiles unquantised(Path folder) {
    return ModelFiles.find(folder, Optional.of(Precision.NONE));
  }

  private void write(Quantizer quantizer, Path file, Interrupts interrupts) throws IOException {
    try (TransferLine line = new TransferLine(parent.terminal(), interrupts::raised)) {
      quantizer.write(file, line);
    }
  }

  private Path report(Quantizer quantizer, Path weights, Precision target) {
    parent
        .terminal()
        .print(
            "%s: %d bits in groups of %d, %s, from %s\n"
                .formatted(
                    weights,
                    target.bits(),
                    target.groupSize(),
                    size(quantizer.targetBytes()),
                    size(quantizer.sourceBytes())));
    List<String> left = quantizer.left();
    if (!left.isEmpty()) {
      int unnamed = left.size() - NAMED_TENSORS;
      parent
          .terminal()
          .print(
              "not quantised, because groups of %d do not divide their rows: %s%s\n"
                  .formatted(
                      target.groupSize(),
                      String.join(", ", left.subList(0, Math.min(NAMED_TENSORS, left.size()))),
                      unnamed > 0 ? " and %d more".formatted(unnamed) : ""));
    }
    return weights;
  }

  private static String size(long bytes) {
    return bytes < 1_000_000_000
        ? String.format(Locale.ROOT, "%.1f MB", bytes * 1e-6)
        : String.format(Locale.ROOT, "%.2f GB", bytes * 1e-9);
  }

  private static ModelFiles compared(Path source) {
    return Files.isDirectory(source)
        ? unquantised(source)
        : ModelFiles.find(source.toAbsolutePath().getParent(), Optional.empty())
            .withWeights(source);
  }

  private void compare(
      ModelFiles source, Path written, AudioSource recording, Interrupts interrupts) {
    Fidelity.Report report;
    try (CountLine line = new CountLine(parent.terminal(), "frames", interrupts::raised)) {
      report = FidelityCheck.run(source, source.withWeights(written), recording, line);
    }
    parent
        .terminal()
        .print(
            "fidelity: text %s; audio %s\n"
                .formatted(describe(report.text()), describe(report.audio())));
  }

  private static String describe(Fidelity.Agreement agreement) {
    return String.format(
        Locale.ROOT,
        "%.1f %% of greedy tokens the same, KL divergence %.4f nats",
        100 * agreement.sameTokens(),
        agreement.divergence());
  }

  private static boolean isSame(Path one, Path other) {
    try {
      return Files.exists(other) && Files.isSameFile(one, other);
    } catch (IOException e) {
      throw UserException.cannotRead(one, e, "choose a file that can be read");
    }
  }
}
