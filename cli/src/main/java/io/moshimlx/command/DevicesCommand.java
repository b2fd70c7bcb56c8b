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
