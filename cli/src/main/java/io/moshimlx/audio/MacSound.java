package io.moshimlx.audio;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import com.google.gson.annotations.SerializedName;
import io.moshimlx.audio.SystemDevice.Kind;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** What macOS says of its sound devices, in the report of {@code system_profiler}. */
final class MacSound {
  private static final String YES = "spaudio_yes";
  private static final String TRANSPORT = "coreaudio_device_type_";
  private static final Gson GSON = new Gson();

  private MacSound() {}

  private record Audio(@SerializedName("SPAudioDataType") List<Section> sections) {}

  private record Section(@SerializedName("_items") List<Device> devices) {}

  private record Device(
      @SerializedName("_name") String name,
      @SerializedName("coreaudio_default_audio_input_device") String defaultInput,
      @SerializedName("coreaudio_default_audio_output_device") String defaultOutput,
      @SerializedName("coreaudio_device_transport") String transport,
      @SerializedName("coreaudio_output_source") String outputSource) {}

  private record Bluetooth(@SerializedName("SPBluetoothDataType") List<Controller> controllers) {}

  private record Controller(
      @SerializedName("device_connected") List<Map<String, Peer>> connected) {}

  private record Peer(@SerializedName("device_minorType") String minorType) {}

  static SystemDefaults defaults(SystemTools tools) {
    List<Device> devices =
        report(tools, "SPAudioDataType", Audio.class).stream()
            .flatMap(audio -> all(audio.sections()))
            .flatMap(section -> all(section.devices()))
            .filter(device -> device.name() != null)
            .toList();
    return new SystemDefaults(
        first(devices, device -> YES.equals(device.defaultInput()))
            .map(device -> new SystemDevice(device.name(), Kind.UNKNOWN)),
        first(devices, device -> YES.equals(device.defaultOutput()))
            .map(device -> new SystemDevice(device.name(), kind(device, tools))));
  }

  private static Optional<Device> first(List<Device> devices, Predicate<Device> wanted) {
    return devices.stream().filter(wanted).findFirst();
  }

  private static Kind kind(Device device, SystemTools tools) {
    // The jack of older Macs is a source of the built-in device, that of newer ones a device.
    if (SystemDevice.namesHeadphones(device.name() + ' ' + device.outputSource())) {
      return Kind.HEADPHONES;
    }
    String transport = Objects.requireNonNullElse(device.transport(), "");
    return switch (transport.replace(TRANSPORT, "")) {
      case "builtin", "displayport", "hdmi" -> Kind.LOUDSPEAKER;
      // People rename their headphones; what they are, the Bluetooth report knows.
      case String wireless when wireless.startsWith("bluetooth") -> peer(device.name(), tools);
      default -> Kind.UNKNOWN;
    };
  }

  private static Kind peer(String name, SystemTools tools) {
    return report(tools, "SPBluetoothDataType", Bluetooth.class).stream()
        .flatMap(bluetooth -> all(bluetooth.controllers()))
        .flatMap(controller -> all(controller.connected()))
        .map(peers -> peers.get(name))
        .filter(peer -> peer != null && peer.minorType() != null)
        .map(peer ->
            switch (peer.minorType()) {
              case "Headphones", "Headset" -> Kind.HEADPHONES;
              case "Speaker" -> Kind.LOUDSPEAKER;
              default -> Kind.UNKNOWN;
            })
        .findFirst()
        .orElse(Kind.UNKNOWN);
  }

  private static <T> Optional<T> report(SystemTools tools, String type, Class<T> shape) {
    return tools
        .ask("system_profiler", "-json", type)
        .flatMap(json -> {
          try {
            return Optional.ofNullable(GSON.fromJson(json, shape));
          } catch (JsonParseException e) {
            return Optional.empty();
          }
        });
  }

  /** The elements that are there. */
  private static <T> Stream<T> all(List<T> elements) {
    return elements == null ? Stream.empty() : elements.stream().filter(Objects::nonNull);
  }
}
