package io.moshimlx.audio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.moshimlx.UserException;
import io.moshimlx.audio.AudioDevice.Direction;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AudioDevicesTest {
  private static final List<AudioDevice> DEVICES =
      devices("Default Audio Device", "MacBook Pro Microphone", "USB Audio", "USB Audio", "USB");

  private static List<AudioDevice> devices(String... names) {
    List<AudioDevice> devices = new ArrayList<>();
    for (String name : names) {
      devices.add(new AudioDevice(Direction.INPUT, devices.size(), name, devices.isEmpty()));
    }
    return devices;
  }

  private static int find(String wanted) {
    return AudioDevices.find(Direction.INPUT, DEVICES, wanted, Map.of()).index();
  }

  private static String failure(Direction direction, List<AudioDevice> devices, String wanted) {
    return failure(direction, devices, wanted, Map.of());
  }

  private static String failure(
      Direction direction,
      List<AudioDevice> devices,
      String wanted,
      Map<String, String> environment) {
    return assertThrows(
            UserException.class, () -> AudioDevices.find(direction, devices, wanted, environment))
        .getMessage();
  }

  @Test
  void devicesAreFoundByIndexNameOrAPartOfIt() {
    assertEquals(0, find(null));
    assertEquals(3, find("3"));
    assertEquals(3, find(" 3 "));
    assertEquals(1, find("MacBook Pro Microphone"));
    assertEquals(1, find("macbook"));
    // The whole name of one goes before a part of others.
    assertEquals(4, find("USB"));
  }

  @Test
  void whatFitsNoneOrSeveralIsAnsweredWithThoseThatThereAre() {
    assertEquals(
        "--input-device 'usb' is the name of several devices; choose one by its index: 2 USB Audio, 3 USB Audio, 4 USB",
        failure(Direction.INPUT, DEVICES, "usb"));
    assertEquals(
        "--input-device 'USB Audio' is the name of several devices; choose one by its index: 2 USB Audio, 3 USB Audio",
        failure(Direction.INPUT, DEVICES, "USB Audio"));
    String all =
        "0 Default Audio Device, 1 MacBook Pro Microphone, 2 USB Audio, 3 USB Audio, 4 USB";
    for (String wanted : List.of("7", "-1", "", "headset")) {
      assertEquals(
          "--output-device '%s' is not connected; choose one of %s".formatted(wanted, all),
          failure(Direction.OUTPUT, DEVICES, wanted));
    }
  }

  @Test
  void aMachineWithoutDevicesIsToldOfFileMode() {
    assertEquals(
        "this machine has no microphone that Java can see; connect one, or talk through files with"
            + " --input FILE",
        failure(Direction.INPUT, List.of(), null));
    assertEquals(
        "this machine has no loudspeaker that Java can see; connect one, or talk through files with"
            + " --input FILE",
        failure(Direction.OUTPUT, List.of(), "1"));
  }

  @Test
  void whereASoundServerRunsItsWayToJavaIsMissing(@TempDir Path folder) throws IOException {
    FakeTools pulse = new FakeTools(folder).socket("pulse/native");
    assertEquals(
        "this machine has no microphone that Java can see; Java reaches PulseAudio through ALSA:"
            + " install libasound2-plugins, or talk through files with --input FILE",
        failure(Direction.INPUT, List.of(), null, pulse.environment()));
    // PipeWire has both sockets.
    FakeTools pipeWire = pulse.socket("pipewire-0");
    assertEquals(
        "this machine has no loudspeaker that Java can see; Java reaches PipeWire through ALSA:"
            + " install pipewire-alsa, or talk through files with --input FILE",
        failure(Direction.OUTPUT, List.of(), null, pipeWire.environment()));
    assertEquals(
        "this machine has no loudspeaker that Java can see; Java reaches PulseAudio through ALSA:"
            + " install libasound2-plugins, or talk through files with --input FILE",
        failure(
            Direction.OUTPUT, List.of(), null, Map.of("PULSE_SERVER", "unix:/mnt/PulseServer")));
  }
}
