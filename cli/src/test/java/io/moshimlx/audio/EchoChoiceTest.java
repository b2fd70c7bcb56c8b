package io.moshimlx.audio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.audio.AudioDevice.Direction;
import io.moshimlx.audio.SystemDevice.Kind;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EchoChoiceTest {
  private static String words(String device, boolean isDefault, SystemDevice behind) {
    SystemDefaults defaults = new SystemDefaults(Optional.empty(), Optional.ofNullable(behind));
    return EchoChoice.automatic(new AudioDevice(Direction.OUTPUT, 0, device, isDefault), defaults)
        .words();
  }

  @Test
  void whatTheDefaultStandsForDecides() {
    for (String name : List.of("Default Audio Device", "default [default]")) {
      assertEquals(
          "echo cancellation off: 'AirPods Pro' is headphones",
          words(name, true, new SystemDevice("AirPods Pro", Kind.UNKNOWN)));
      assertEquals(
          "echo cancellation off: 'Zoë' is headphones",
          words(name, true, new SystemDevice("Zoë", Kind.HEADPHONES)));
      assertEquals(
          "echo cancellation on: 'AirPods of the kitchen' is a loudspeaker",
          words(name, true, new SystemDevice("AirPods of the kitchen", Kind.LOUDSPEAKER)));
      assertEquals(
          "echo cancellation on: nothing says that 'USB Audio' is headphones",
          words(name, true, new SystemDevice("USB Audio", Kind.UNKNOWN)));
      assertEquals(
          "echo cancellation on: the default loudspeaker's name is not known",
          words(name, true, null));
    }
  }

  @Test
  void aDeviceThatStandsForItselfIsJudgedByItsName() {
    SystemDevice other = new SystemDevice("MacBook Pro Speakers", Kind.LOUDSPEAKER);
    assertEquals(
        "echo cancellation off: 'USB Headset' is headphones", words("USB Headset", false, other));
    assertEquals(
        "echo cancellation on: nothing says that 'PCH [plughw:0,0]' is headphones",
        words("PCH [plughw:0,0]", true, new SystemDevice("AirPods", Kind.HEADPHONES)));
  }

  @Test
  void headphonesAreKnownByTheirName() {
    for (String name :
        List.of(
            "External Headphones",
            "USB Headset",
            "Anna's AirPods Pro",
            "Galaxy Buds Live",
            "FreeBuds 5",
            "Casque de Zoë",
            "Écouteurs",
            "WH-1000XM4",
            "WF-C500",
            "Bose QC45",
            "Bose QuietComfort Ultra",
            "Jabra Elite 85t",
            "MOMENTUM 4",
            "Beats Studio Pro")) {
      assertTrue(new SystemDevice(name, Kind.UNKNOWN).isHeadphones(), name);
    }
    for (String name :
        List.of(
            "MacBook Pro Speakers",
            "Default Audio Device",
            "Ear",
            "Budsen",
            "Beats Pill",
            "Jabra Speak 510",
            "Bose SoundLink",
            "WH")) {
      assertFalse(new SystemDevice(name, Kind.UNKNOWN).isHeadphones(), name);
    }
  }
}
