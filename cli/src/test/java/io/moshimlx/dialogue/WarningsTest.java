package io.moshimlx.dialogue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.FakeClock;
import io.moshimlx.OnMac;
import io.moshimlx.event.WarningEvent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class WarningsTest {
  private static List<String> messages(Warnings warnings) {
    List<String> messages = new ArrayList<>();
    warnings.send(event -> messages.add(((WarningEvent) event).message()));
    return messages;
  }

  @Test
  void recurringWarningsComeOnceASecondWithTheirCount() {
    FakeClock time = new FakeClock();
    Warnings warnings = new Warnings(time);
    warnings.underrun();
    assertEquals(List.of("playback ran dry 1 times"), messages(warnings));
    warnings.underrun();
    warnings.overrun(2);
    time.pass(999);
    warnings.underrun();
    assertEquals(List.of(), messages(warnings));
    time.pass(1);
    assertEquals(
        List.of(
            "2 frames (160 ms) left out of playback, which lagged behind",
            "playback ran dry 2 times"),
        messages(warnings));
    time.pass(1000);
    assertEquals(List.of(), messages(warnings));
  }

  private static String silentMicrophone() {
    Warnings warnings = new Warnings();
    warnings.silentMicrophone();
    List<WarningEvent> told = new ArrayList<>();
    warnings.send(event -> told.add((WarningEvent) event));
    assertEquals(1, told.size());
    assertEquals("silent_microphone", told.getFirst().code());
    return told.getFirst().message();
  }

  @Test
  void aMacsZerosMayMeanThatItAsks() {
    String message;
    try (OnMac _ = new OnMac()) {
      message = silentMicrophone();
    }
    List<String> inOrder =
        List.of(
            "nothing but zeros",
            "macOS may be asking whether this terminal may use the microphone: allow it",
            "System Settings > Privacy & Security > Microphone",
            "tccutil reset Microphone",
            "ssh",
            "tmux",
            "editor's terminal",
            "lid is closed");
    int from = 0;
    for (String part : inOrder) {
      assertTrue(message.indexOf(part, from) >= 0, part + " in " + message);
      from = message.indexOf(part, from);
    }
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "a Mac says what a Mac does")
  void linuxAsksNobody() {
    String message = silentMicrophone();
    assertTrue(message.contains("unmute it in the system's sound settings"), message);
    assertFalse(message.contains("macOS") || message.contains("terminal"), message);
  }
}
