package io.moshimlx.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.UserException;
import io.moshimlx.dialogue.PaceCheck.Pace;
import io.moshimlx.doctor.Finding.Level;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What figures mean that no test machine gives. */
class FindingsTest {
  private static void assertFinding(Level level, String text, String remedy, Finding finding) {
    assertEquals(level, finding.level());
    assertTrue(finding.text().contains(text), finding.text());
    assertEquals(remedy == null, finding.remedy().isEmpty());
    assertTrue(remedy == null || finding.remedy().get().contains(remedy), finding.toString());
  }

  @Test
  void aPaceIsMeasuredAgainstTheFrame() {
    assertFinding(
        Level.OK,
        "yes, 52 ms of 80, 95 % of frames within 61",
        null,
        Doctor.realTime(new Pace(52.4, 61)));
    assertFinding(
        Level.WARNING, "just so, 78 ms of 80", "close other", Doctor.realTime(new Pace(78, 81)));
    assertFinding(
        Level.PROBLEM, "no, 95 ms of 80", "smaller --quant", Doctor.realTime(new Pace(95, 99)));
  }

  @Test
  void memoryIsHeldAgainstEachPrecision() {
    assertFinding(
        Level.OK,
        "11.0 GB for models; of Moshi 7B q4 (5.8 GB) fits, q8 (9.2 GB) fits, bf16 (16.4 GB) does"
            + " not fit",
        null,
        MachineChecks.memory(11_000_000_000L, true));
    assertFinding(
        Level.OK,
        "bf16 (31.8 GB) does not fit",
        null,
        MachineChecks.memory(17_000_000_000L, false));
    assertFinding(
        Level.WARNING,
        "q4 (5.8 GB) does not fit",
        "smaller model",
        MachineChecks.memory(5_000_000_000L, true));
  }

  @Test
  void aFullDiskIsTold() {
    Path folder = Path.of("/home");
    assertFinding(
        Level.OK, "9.0 GB free in /home", null, MachineChecks.disk(folder, 9_000_000_000L));
    assertFinding(
        Level.WARNING, "5.0 GB free", "make room", MachineChecks.disk(folder, 5_000_000_000L));
  }

  @Test
  void aMicrophoneMayBeDeadOrForbidden() {
    assertFinding(
        Level.OK, "'x'; a second at -43 dB", null, SoundChecks.microphone("'x'", -43.2, false));
    assertFinding(
        Level.WARNING,
        "nothing but zeros",
        "privacy settings",
        SoundChecks.microphone("'x'", Double.NEGATIVE_INFINITY, false));
    assertFinding(
        Level.PROBLEM,
        "gives no sound",
        "--input-device",
        SoundChecks.microphone("'x'", Double.NEGATIVE_INFINITY, true));
  }

  @Test
  void theRemedyOfAFailureIsTheEndOfItsMessage() {
    assertEquals(
        Finding.problem("x", "/a cannot be read; it is a folder", "name a file"),
        Finding.of("x", new UserException("/a cannot be read; it is a folder; name a file"), "?"));
    assertEquals(
        Finding.problem("x", "no such file: /a", "fetch it"),
        Finding.of("x", new UserException("no such file: /a\n"), "fetch it"));
  }
}
