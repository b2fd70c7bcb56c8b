package io.moshimlx.command;

import io.moshimlx.UserException;
import io.moshimlx.Variables;
import io.moshimlx.audio.AudioNotices;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.audio.RecordingSource;
import io.moshimlx.bench.FidelityCheck;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.checkpoint.Quantization;
import io.moshimlx.hub.TypedName;
import io.moshimlx.quantize.Fidelity;
import io.moshimlx.quantize.QuantizedFolder;
import io.moshimlx.quantize.Quantizer;
import io.moshimlx.terminal.Terminal;
import io.moshimlx.terminal.TransientLine;
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
  private Quantization quantization;

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

  private static final class BitsConverter implements ITypeConverter<Quantization> {
    @Override
    public Quantization convert(String value) {
      return Choices.choose(
          value, List.of(Quantization.Q4, Quantization.Q6, Quantization.Q8), Quantization::label);
    }
  }

  @Override
  public Integer call() {
    if (!Files.exists(Path.of(in))) {
      in = TypedName.plain(in, new Variables(parent.environment()));
    }
    Quantization target = target();
    boolean toFile = out.toString().endsWith(FILE_END);
    checkUsage(target, toFile);
    device.choose();
    ModelStore store = new ModelStore(parent.terminal(), parent.environment());
    ModelOptions.Located located = source(store);
    Path source = located.folder();
    try (Interrupts interrupts = Interrupts.watch();
        AudioSource recording =
            check == null ? null : RecordingSource.open(check, new Told(parent.terminal()))) {
      if (!located.prepare(store, interrupts::raised)) {
        return ExitStatus.INTERRUPTED;
      }
      // Before the work, so that a missing file is reported at once.
      ModelFiles compared = check == null ? null : compared(source);
      Optional<Path> written =
          toFile ? file(source, target, interrupts) : folder(source, target, interrupts);
      if (written.isEmpty()) {
        return ExitStatus.INTERRUPTED;
      }
      if (recording != null && !compare(compared, written.get(), recording, interrupts)) {
        return ExitStatus.INTERRUPTED;
      }
      return ExitStatus.DONE;
    }
  }

  /** Warns the user of an incomplete recording. */
  private record Told(Terminal terminal) implements AudioNotices {
    @Override
    public void incomplete(String sentence) {
      terminal.err().println("moshi-mlx: warning: " + sentence);
    }
  }

  /** The named folder or file, or a model of the hub, which may have to be downloaded. */
  private ModelOptions.Located source(ModelStore store) {
    Optional<HubModel> inHub =
        in.endsWith(FILE_END) || Files.exists(Path.of(in))
            ? Optional.empty()
            : HubModel.of(in, Optional.empty());
    if (inHub.isEmpty()) {
      Path path = in.endsWith(FILE_END) ? Path.of(in) : ModelOptions.folder(in);
      return new ModelOptions.Located(path, Optional.empty());
    }
    HubModel named = inHub.orElseThrow();
    if (named.name().equals(in) && named.quantization().filter(q -> q.bits() > 0).isPresent()) {
      throw new UserException(
          in + " is quantised already", "use the model that it was made from, in bf16");
    }
    HubModel model = HubModel.of(in, Optional.of(Quantization.BF16)).orElseThrow();
    return ModelOptions.locate(model, store, fetching);
  }

  private Quantization target() {
    return groupSize == null ? quantization : quantization.withGroupSize(groupSize);
  }

  private void checkUsage(Quantization target, boolean toFile) {
    if (!Quantization.GROUP_SIZES.contains(target.groupSize())) {
      throw new ParameterException(
          spec.commandLine(), "--group-size must be 32, 64 or 128, not " + groupSize);
    }
    if (in.endsWith(FILE_END) && !toFile) {
      throw new ParameterException(
          spec.commandLine(), "IN is a file, so OUT must be a file name that ends in " + FILE_END);
    }
    Quantization named = Quantization.ofFile(out.toString());
    if (toFile && named.bits() > 0 && !named.equals(target)) {
      throw new ParameterException(
          spec.commandLine(),
          "%s is the name of a file of %d bits in groups of %d; choose a name that ends in %s"
              .formatted(out, named.bits(), named.groupSize(), target.suffix()));
    }
  }

  /** Writes the weights only. */
  private Optional<Path> file(Path source, Quantization target, Interrupts interrupts) {
    Path weights = Files.isDirectory(source) ? unquantised(source).weights() : source;
    if (isSame(weights, out)) {
      throw new UserException(out + " is both IN and OUT", "choose another name for OUT");
    }
    Quantizer quantizer = new Quantizer(weights, target);
    try {
      boolean done = write(quantizer, out, interrupts);
      return done ? Optional.of(tell(quantizer, out, target)) : Optional.empty();
    } catch (IOException e) {
      throw UserException.cannotWrite(out, e, REMEDY);
    }
  }

  /** Writes a complete model. */
  private Optional<Path> folder(Path source, Quantization target, Interrupts interrupts) {
    ModelFiles files = unquantised(source);
    Quantizer quantizer = new Quantizer(files.weights(), target);
    QuantizedFolder folder = new QuantizedFolder(files, source, out, target, REMEDY);
    return folder.make(file -> write(quantizer, file, interrupts))
        ? Optional.of(tell(quantizer, folder.weights(), target))
        : Optional.empty();
  }

  private static ModelFiles unquantised(Path folder) {
    return ModelFiles.find(folder, Optional.of(Quantization.BF16));
  }

  private boolean write(Quantizer quantizer, Path file, Interrupts interrupts) throws IOException {
    try (TransientLine line = new TransientLine(parent.terminal())) {
      return quantizer.write(
          file,
          (done, all) -> line.show("quantising: %d of %d tensors".formatted(done, all)),
          interrupts::raised);
    }
  }

  private Path tell(Quantizer quantizer, Path weights, Quantization target) {
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

  private boolean compare(
      ModelFiles source, Path written, AudioSource recording, Interrupts interrupts) {
    Optional<Fidelity.Report> report;
    try (TransientLine line = new TransientLine(parent.terminal())) {
      line.show("loading both models");
      String all = recording.totalFrames() < 0 ? "" : " of " + recording.totalFrames();
      report =
          FidelityCheck.run(
              source,
              source.withWeights(written),
              recording,
              heard -> line.show("comparing: " + heard + all + " frames"),
              interrupts::raised);
    }
    report.ifPresent(r ->
        parent
            .terminal()
            .print(
                "fidelity: text %s; audio %s\n"
                    .formatted(describe(r.text()), describe(r.audio()))));
    return report.isPresent();
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
