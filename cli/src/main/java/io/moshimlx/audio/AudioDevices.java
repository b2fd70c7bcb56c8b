package io.moshimlx.audio;

import io.moshimlx.UserException;
import io.moshimlx.audio.AudioDevice.Direction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import javax.sound.sampled.AudioSystem;
import javax.sound.sampled.DataLine;
import javax.sound.sampled.Line;
import javax.sound.sampled.Mixer;
import javax.sound.sampled.SourceDataLine;
import javax.sound.sampled.TargetDataLine;

/** The microphones and loudspeakers of this machine. */
public final class AudioDevices {
  private AudioDevices() {}

  /** All microphones; empty where there are none. */
  public static List<AudioDevice> inputs() {
    return list(Direction.INPUT);
  }

  /** All loudspeakers; empty where there are none. */
  public static List<AudioDevice> outputs() {
    return list(Direction.OUTPUT);
  }

  /**
   * Finds a microphone.
   *
   * @param wanted its index, its name or a part of that; null for the default
   * @param environment of this process
   * @throws UserException if there is none, or more than one
   */
  public static AudioDevice input(String wanted, Map<String, String> environment) {
    return find(Direction.INPUT, inputs(), wanted, environment);
  }

  /**
   * Finds a loudspeaker.
   *
   * @param wanted its index, its name or a part of that; null for the default
   * @param environment of this process
   * @throws UserException if there is none, or more than one
   */
  public static AudioDevice output(String wanted, Map<String, String> environment) {
    return find(Direction.OUTPUT, outputs(), wanted, environment);
  }

  private static List<AudioDevice> list(Direction direction) {
    List<AudioDevice> devices = new ArrayList<>();
    for (Mixer.Info info : mixers(direction)) {
      // The one that javax.sound takes where it may choose, which follows the system's settings.
      boolean isDefault = devices.isEmpty();
      devices.add(new AudioDevice(direction, devices.size(), info.getName().strip(), isDefault));
    }
    return devices;
  }

  static AudioDevice find(
      Direction direction,
      List<AudioDevice> devices,
      String wanted,
      Map<String, String> environment) {
    if (devices.isEmpty()) {
      throw new UserException(
          "this machine has no %s that Java can see".formatted(direction.kind()),
          "%s, or talk through files with --input FILE"
              .formatted(new LinuxSound(environment).remedy().orElse("connect one")));
    }
    if (wanted == null) {
      return devices.getFirst();
    }
    for (Predicate<AudioDevice> criterion : criteria(wanted.strip())) {
      List<AudioDevice> found = devices.stream().filter(criterion).toList();
      if (found.size() == 1) {
        return found.getFirst();
      }
      if (found.size() > 1) {
        throw wrong(
            direction,
            wanted,
            "is the name of several devices",
            "choose one by its index: %s",
            found);
      }
    }
    throw wrong(direction, wanted, "is not connected", "choose one of %s", devices);
  }

  /** The strictest first. */
  private static List<Predicate<AudioDevice>> criteria(String wanted) {
    String lower = wanted.toLowerCase(Locale.ROOT);
    return List.of(
        device -> Integer.toString(device.index()).equals(wanted),
        device -> device.name().equals(wanted),
        device -> !wanted.isEmpty() && device.name().toLowerCase(Locale.ROOT).contains(lower));
  }

  private static UserException wrong(
      Direction direction, String wanted, String fault, String remedy, List<AudioDevice> devices) {
    return new UserException(
        "%s '%s' %s".formatted(direction.option(), wanted, fault),
        remedy.formatted(
            devices.stream()
                .map(device -> device.index() + " " + device.name())
                .collect(Collectors.joining(", "))));
  }

  /**
   * The device's mixer as it is now: a device that was away comes back as another one.
   *
   * @throws DeviceUnavailableException if there is none of that name now
   */
  static Mixer mixer(AudioDevice device) {
    List<Mixer.Info> all = mixers(device.direction());
    List<Mixer.Info> named =
        all.stream().filter(info -> info.getName().strip().equals(device.name())).toList();
    if (named.isEmpty()) {
      throw new DeviceUnavailableException("it is not connected");
    }
    // The index tells devices of the same name apart.
    Mixer.Info info =
        named.stream()
            .filter(candidate -> all.indexOf(candidate) == device.index())
            .findFirst()
            .orElse(named.getFirst());
    try {
      return AudioSystem.getMixer(info);
    } catch (IllegalArgumentException e) {
      throw new DeviceUnavailableException("it is not connected any more");
    }
  }

  private static List<Mixer.Info> mixers(Direction direction) {
    return Arrays.stream(AudioSystem.getMixerInfo())
        .filter(info -> offers(AudioSystem.getMixer(info), direction))
        .toList();
  }

  private static boolean offers(Mixer mixer, Direction direction) {
    boolean input = direction == Direction.INPUT;
    Class<? extends DataLine> type = input ? TargetDataLine.class : SourceDataLine.class;
    Line.Info[] lines = input ? mixer.getTargetLineInfo() : mixer.getSourceLineInfo();
    return Arrays.stream(lines).anyMatch(line -> line.getLineClass() == type);
  }
}
