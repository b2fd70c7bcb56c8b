package io.moshimlx.command;

import io.moshimlx.Variables;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.doctor.Doctor;
import io.moshimlx.doctor.Finding;
import io.moshimlx.hub.HubSettings;
import io.moshimlx.store.ModelLocator;
import io.moshimlx.store.ModelRequest;
import io.moshimlx.store.ModelStore;
import io.moshimlx.terminal.TransientLine;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code moshi-mlx doctor}: checks whether a conversation can work. */
@Command(
    name = "doctor",
    customSynopsis = "moshi-mlx doctor [--model MODEL] [OPTIONS]",
    header = "Check whether this machine can run a conversation.",
    description = {
      "Checks Java, the native libraries, the device and its memory, the cache of models and its "
          + "disk, the hub's token, microphone and loudspeaker, and the speed of a model over five "
          + "seconds. Every warning and problem comes with a remedy. The exit status is 1 if a "
          + "conversation would not work. docs/troubleshooting.md has more."
    },
    footer = {"  moshi-mlx doctor", "  moshi-mlx doctor --model ~/moshiko --quant q4 --json"})
final class DoctorCommand implements Callable<Integer> {
  @ParentCommand private MoshiMlx parent;
  @Spec private CommandSpec spec;

  @ArgGroup(validate = false, heading = "%nModel (default: demo):%n", order = 1)
  private final ModelOptions model = new ModelOptions();

  @Mixin private DeviceOption device;

  @Option(
      names = "--input-device",
      paramLabel = "DEVICE",
      description = {
        "Microphone, by index or part of name.",
        "'moshi-mlx devices' lists the microphones."
      })
  private String inputDevice;

  @Option(
      names = "--output-device",
      paramLabel = "DEVICE",
      description = "Loudspeaker, chosen in the same way.")
  private String outputDevice;

  @Option(names = "--json", fallbackValue = "true", description = "Print JSON; see docs/json.md.")
  private boolean json;

  /** What {@code --json} prints. */
  private record Output(boolean ok, List<Check> checks) {}

  /** One check of it; remedy is null if there is nothing to mend. */
  private record Check(String check, String status, String text, String remedy) {

    static Check of(Finding finding) {
      return new Check(
          finding.check(), finding.level().label(), finding.text(), finding.remedy().orElse(null));
    }
  }

  @Override
  public Integer call() {
    ModelRequest request = model.request(new Variables(parent.environment()), spec);
    List<Finding> findings = new ArrayList<>();
    try (TransientLine line = new TransientLine(parent.terminal())) {
      Doctor.Choice choice =
          new Doctor.Choice(
              () -> files(request),
              device.get(),
              model.dtype(),
              inputDevice,
              outputDevice,
              HubSettings.of(parent.environment()),
              parent.environment());
      new Doctor(
              choice,
              check -> line.show("checking: " + check),
              finding -> {
                findings.add(finding);
                line.clear();
                if (!json) {
                  parent.terminal().print(asText(finding));
                }
              })
          .examine();
    }
    boolean ok = findings.stream().noneMatch(f -> f.level() == Finding.Level.PROBLEM);
    if (json) {
      parent.terminal().print(Json.text(new Output(ok, findings.stream().map(Check::of).toList())));
    }
    return ok ? ExitStatus.DONE : ExitStatus.FAILED;
  }

  private ModelFiles files(ModelRequest request) {
    return new ModelLocator(new ModelStore(parent.environment())).require(request).files();
  }

  private static String asText(Finding finding) {
    return "%-8s %-12s %s%s%n"
        .formatted(
            finding.level().label(),
            finding.check(),
            finding.text(),
            finding.remedy().map(remedy -> "; " + remedy).orElse(""));
  }
}
