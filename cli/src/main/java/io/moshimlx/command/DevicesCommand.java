package io.moshimlx.command;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.moshimlx.audio.AudioDevice;
import io.moshimlx.audio.AudioDevices;
import io.moshimlx.audio.EchoChoice;
import io.moshimlx.audio.SystemDefaults;
import io.moshimlx.audio.SystemDevice;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code moshi-mlx devices}: what can be heard and spoken with. */
@Command(
    name = "devices",
    header = "List the microphones and loudspeakers.",
    description = {
      "The microphones (inputs) and loudspeakers (outputs) of this machine. Their index, or a part "
          + "of their name, chooses one with 'run --input-device' and 'run --output-device'; the default "
          + "is the one that the system's settings choose."
    },
    descriptionHeading = "%n",
    optionListHeading = "%nOptions:%n")
final class DevicesCommand implements Runnable {
  @ParentCommand private MoshiMlx parent;

  @Option(
      names = "--json",
      fallbackValue = "true",
      description =
          "Print an object with the lists 'inputs' and 'outputs', of which each entry has 'index', "
              + "'name', 'default' and, where it stands for another device, that one's "
              + "'system_name'; an output also 'echo_cancellation' (whether 'run' cancels echo "
              + "with it) and 'echo_cancellation_reason'.")
  private boolean json;

  @Override
  public void run() {
    List<AudioDevice> inputs = AudioDevices.inputs();
    List<AudioDevice> outputs = AudioDevices.outputs();
    SystemDefaults defaults = SystemDefaults.ask(parent.environment());
    if (json) {
      JsonObject all = new JsonObject();
      all.add("inputs", asJson(inputs, defaults));
      all.add("outputs", asJson(outputs, defaults));
      parent.terminal().print(Json.text(all));
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

  private static JsonArray asJson(List<AudioDevice> devices, SystemDefaults defaults) {
    JsonArray list = new JsonArray();
    for (AudioDevice device : devices) {
      JsonObject entry = new JsonObject();
      entry.addProperty("index", device.index());
      entry.addProperty("name", device.name());
      entry.addProperty("default", device.isDefault());
      defaults.behind(device).ifPresent(behind -> entry.addProperty("system_name", behind.name()));
      if (device.direction() == AudioDevice.Direction.OUTPUT) {
        EchoChoice choice = EchoChoice.automatic(device, defaults);
        entry.addProperty("echo_cancellation", choice.on());
        entry.addProperty("echo_cancellation_reason", choice.why());
      }
      list.add(entry);
    }
    return list;
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
