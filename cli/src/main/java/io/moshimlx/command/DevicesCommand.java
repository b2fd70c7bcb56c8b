package io.moshimlx.command;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.moshimlx.audio.AudioDevice;
import io.moshimlx.audio.AudioDevices;
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
          + "of their name, chooses one with 'run --input-device' and 'run --output-device'."
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
              + "'name' and 'default'.")
  private boolean json;

  @Override
  public void run() {
    List<AudioDevice> inputs = AudioDevices.inputs();
    List<AudioDevice> outputs = AudioDevices.outputs();
    if (json) {
      JsonObject all = new JsonObject();
      all.add("inputs", asJson(inputs));
      all.add("outputs", asJson(outputs));
      parent.terminal().print(Json.text(all));
    } else {
      parent.terminal().print(asText("Inputs", inputs) + asText("Outputs", outputs));
    }
  }

  private static JsonArray asJson(List<AudioDevice> devices) {
    JsonArray list = new JsonArray();
    for (AudioDevice device : devices) {
      JsonObject entry = new JsonObject();
      entry.addProperty("index", device.index());
      entry.addProperty("name", device.name());
      entry.addProperty("default", device.isDefault());
      list.add(entry);
    }
    return list;
  }

  private static String asText(String title, List<AudioDevice> devices) {
    if (devices.isEmpty()) {
      return title + ": none\n";
    }
    StringBuilder text = new StringBuilder(title).append('\n');
    for (AudioDevice device : devices) {
      text.append("%3d  %s".formatted(device.index(), device.name()))
          .append(device.isDefault() ? "  (default)\n" : "\n");
    }
    return text.toString();
  }
}
