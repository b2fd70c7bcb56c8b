package io.moshimlx.command;

import com.google.gson.annotations.SerializedName;
import io.moshimlx.audio.AudioDevice;
import io.moshimlx.audio.AudioDevices;
import io.moshimlx.audio.EchoChoice;
import io.moshimlx.audio.SystemDefaults;
import io.moshimlx.audio.SystemDevice;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code moshi-mlx devices}: lists microphones and loudspeakers. */
@Command(
    name = "devices",
    customSynopsis = "moshi-mlx devices [--json]",
    header = "List microphones and loudspeakers.",
    description = {
      "Prints the microphones (inputs) and loudspeakers (outputs). 'run --input-device' and "
          + "'run --output-device' take an index or a part of a name. The default is the device "
          + "that "
          + "the system's settings choose."
    },
    footer = "  moshi-mlx devices")
final class DevicesCommand implements Runnable {
  @ParentCommand private MoshiMlx parent;

  @Option(names = "--json", fallbackValue = "true", description = "Print JSON; see docs/json.md.")
  private boolean json;

  /** What {@code --json} prints. */
  private record Output(List<Entry> inputs, List<Entry> outputs) {}

  /**
   * A device of it.
   *
   * @param systemName the device that it stands for, or null
   * @param echoCancellation whether 'run' cancels echo with it; null for an input
   * @param echoCancellationReason why; null for an input
   */
  private record Entry(
      int index,
      String name,
      @SerializedName("default") boolean isDefault,
      String systemName,
      Boolean echoCancellation,
      String echoCancellationReason) {

    static Entry of(AudioDevice device, SystemDefaults defaults) {
      Optional<EchoChoice> echo =
          device.direction() == AudioDevice.Direction.OUTPUT
              ? Optional.of(EchoChoice.automatic(device, defaults))
              : Optional.empty();
      return new Entry(
          device.index(),
          device.name(),
          device.isDefault(),
          defaults.behind(device).map(SystemDevice::name).orElse(null),
          echo.map(EchoChoice::on).orElse(null),
          echo.map(EchoChoice::why).orElse(null));
    }
  }

  @Override
  public void run() {
    List<AudioDevice> inputs = AudioDevices.inputs();
    List<AudioDevice> outputs = AudioDevices.outputs();
    SystemDefaults defaults = SystemDefaults.ask(parent.environment());
    if (json) {
      Output output =
          new Output(
              inputs.stream().map(device -> Entry.of(device, defaults)).toList(),
              outputs.stream().map(device -> Entry.of(device, defaults)).toList());
      parent.terminal().print(Json.text(output));
    } else {
      parent
          .terminal()
          .print(asText("Inputs", inputs, defaults) + asText("Outputs", outputs, defaults));
      if (!outputs.isEmpty()) {
        EchoChoice choice = EchoChoice.automatic(outputs.getFirst(), defaults);
        parent.terminal().print("With the default output: " + choice.words() + '\n');
      }
    }
  }

  private static String asText(String title, List<AudioDevice> devices, SystemDefaults defaults) {
    if (devices.isEmpty()) {
      return title + ": none\n";
    }
    StringBuilder text = new StringBuilder(title).append('\n');
    for (AudioDevice device : devices) {
      text.append("%3d  %s".formatted(device.index(), device.name()))
          .append(
              device.isDefault() ? "  (default%s)\n".formatted(behind(device, defaults)) : "\n");
    }
    return text.toString();
  }

  private static String behind(AudioDevice device, SystemDefaults defaults) {
    return defaults.behind(device).map(SystemDevice::name).map(": "::concat).orElse("");
  }
}
