package io.moshimlx.audio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.UserException;
import io.moshimlx.audio.AudioDevice.Direction;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

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
    return AudioDevices.find(Direction.INPUT, DEVICES, wanted).index();
  }

  private static String failure(Direction direction, List<AudioDevice> devices, String wanted) {
    return assertThrows(UserException.class, () -> AudioDevices.find(direction, devices, wanted))
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
        "--input-device 'usb' is ambiguous: choose by index from 2 USB Audio, 3 USB Audio, 4 USB",
        failure(Direction.INPUT, DEVICES, "usb"));
    assertEquals(
        "--input-device 'USB Audio' is ambiguous: choose by index from 2 USB Audio, 3 USB Audio",
        failure(Direction.INPUT, DEVICES, "USB Audio"));
    String all =
        "0 Default Audio Device, 1 MacBook Pro Microphone, 2 USB Audio, 3 USB Audio, 4 USB";
    for (String wanted : List.of("7", "-1", "", "headset")) {
      assertEquals(
          "--output-device '%s' is none of %s".formatted(wanted, all),
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
  void headphonesAreKnownByTheirName() {
    for (String name :
        List.of("External Headphones", "USB Headset", "Anna's AirPods Pro", "Galaxy Buds Live")) {
      assertTrue(new AudioDevice(Direction.OUTPUT, 0, name, true).isHeadphones(), name);
    }
    for (String name : List.of("MacBook Pro Speakers", "Default Audio Device", "Ear", "Budsen")) {
      assertFalse(new AudioDevice(Direction.OUTPUT, 0, name, true).isHeadphones(), name);
    }
  }
}
