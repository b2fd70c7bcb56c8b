package io.moshimlx.audio;

import io.moshimlx.audio.SystemDevice.Kind;
import java.io.File;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The sound server of a Linux desktop, which javax.sound reaches through ALSA only, and only where
 * ALSA's plugin for it is installed.
 */
final class LinuxSound {
  /** Ports such as {@code analog-output-headphones} and form factors such as {@code headset}. */
  private static final Pattern HEADPHONES =
      Pattern.compile("head(phone|set)", Pattern.CASE_INSENSITIVE);

  private static final Pattern LOUDSPEAKER =
      Pattern.compile("speaker|hdmi|^(tv|car|hifi|portable|hands-free)$", Pattern.CASE_INSENSITIVE);

  private final Map<String, String> environment;

  LinuxSound(Map<String, String> environment) {
    this.environment = environment;
  }

  /** What to do where there is a sound server, but no device that Java can see. */
  Optional<String> remedy() {
    // PipeWire has a socket of PulseAudio's as well.
    if (hasSocket("pipewire-0")) {
      return Optional.of("Java reaches PipeWire through ALSA: install pipewire-alsa");
    }
    return hasPulse()
        ? Optional.of("Java reaches PulseAudio through ALSA: install libasound2-plugins")
        : Optional.empty();
  }

  private boolean hasSocket(String name) {
    String folder = environment.getOrDefault("XDG_RUNTIME_DIR", "");
    return !folder.isEmpty() && new File(folder, name).exists();
  }

  private boolean hasPulse() {
    return !environment.getOrDefault("PULSE_SERVER", "").isEmpty() || hasSocket("pulse/native");
  }

  /** The default devices, as PulseAudio's tool or else PipeWire's own has them. */
  SystemDefaults defaults(SystemTools tools) {
    // Where there is no server, pactl would start one.
    Optional<String> info = hasPulse() ? tools.ask("pactl", "info") : Optional.empty();
    if (info.isPresent()) {
      return new SystemDefaults(
          pulse(info.get(), "Source", tools), pulse(info.get(), "Sink", tools));
    }
    return hasSocket("pipewire-0")
        ? new SystemDefaults(pipeWire("SOURCE", tools), pipeWire("SINK", tools))
        : SystemDefaults.UNKNOWN;
  }

  /**
   * Reads pactl's text: every version has it, and the JSON of some has "(null)" for names that are
   * not ASCII.
   *
   * @param what Source or Sink
   */
  private static Optional<SystemDevice> pulse(String info, String what, SystemTools tools) {
    Optional<String> name = value(info, "Default " + what + ": (.*)");
    return name.flatMap(_ -> tools.ask("pactl", "list", what.toLowerCase(Locale.ROOT) + "s"))
        .flatMap(list ->
            Arrays.stream(list.split("(?m)^" + what + " #"))
                .filter(device -> value(device, "\\s*Name: (.*)").equals(name))
                .findFirst())
        .flatMap(device ->
            value(device, "\\s*Description: (.*)")
                .map(description -> new SystemDevice(description, kind(device))));
  }

  private static Kind kind(String device) {
    // A card's form factor says nothing of the jack in it, the port in use does.
    Kind port = value(device, "\\s*Active Port: (.*)").map(LinuxSound::kindOf).orElse(Kind.UNKNOWN);
    return port == Kind.UNKNOWN ? formFactor(device) : port;
  }

  private static Kind formFactor(String device) {
    return value(device, "\\s*device\\.form[_-]factor = \"(.*)\"")
        .map(LinuxSound::kindOf)
        .orElse(Kind.UNKNOWN);
  }

  private static Kind kindOf(String word) {
    if (HEADPHONES.matcher(word).find()) {
      return Kind.HEADPHONES;
    }
    return LOUDSPEAKER.matcher(word).find() ? Kind.LOUDSPEAKER : Kind.UNKNOWN;
  }

  private static Optional<SystemDevice> pipeWire(String what, SystemTools tools) {
    return tools
        .ask("wpctl", "inspect", "@DEFAULT_AUDIO_" + what + "@")
        .flatMap(node ->
            value(node, "[\\s*]*node\\.description = \"(.*)\"")
                .map(description -> new SystemDevice(description, formFactor(node))));
  }

  /** The group of the first line that matches. */
  private static Optional<String> value(String text, String line) {
    return Pattern.compile("(?m)^" + line + "$")
        .matcher(text)
        .results()
        .findFirst()
        .map(match -> match.group(1));
  }
}
