package io.moshimlx.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.OnMac;
import io.moshimlx.UserException;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.bench.PaceCheck.Pace;
import io.moshimlx.doctor.Finding.Level;
import io.moshimlx.hub.HubSettings;
import io.moshimlx.mlx.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
        Level.WARNING, "borderline, 78 ms of 80", "close other", Doctor.realTime(new Pace(78, 81)));
    assertFinding(
        Level.PROBLEM, "no, 95 ms of 80", "smaller --quant", Doctor.realTime(new Pace(95, 99)));
  }

  @Test
  void memoryIsHeldAgainstEachPrecision() {
    assertFinding(
        Level.OK,
        "11.0 GB for models; Moshi 7B: q4 (7.2 GB) fits, q8 (10.8 GB) fits, bf16 (18.5 GB) does"
            + " not fit",
        null,
        MachineChecks.memory(11_000_000_000L, Optional.empty()));
    assertFinding(
        Level.OK,
        "bf16 (36.4 GB) does not fit",
        null,
        MachineChecks.memory(17_000_000_000L, Optional.of(DType.FLOAT32)));
    assertFinding(
        Level.WARNING,
        "q4 (7.2 GB) does not fit",
        "smaller model",
        MachineChecks.memory(5_000_000_000L, Optional.empty()));
  }

  @Test
  void aFullDiskIsTold() {
    Path cache = Path.of("/home/hub");
    assertFinding(
        Level.OK,
        "9.0 GB free for /home/hub",
        null,
        HubChecks.disk(cache, OptionalLong.of(9_000_000_000L)));
    assertFinding(
        Level.WARNING,
        "5.0 GB free",
        "HF_HUB_CACHE",
        HubChecks.disk(cache, OptionalLong.of(5_000_000_000L)));
    assertFinding(Level.OK, "does not report", null, HubChecks.disk(cache, OptionalLong.empty()));
  }

  @Test
  void theCacheIsWhereTheHubsSettingsSay(@TempDir Path folder) throws IOException {
    HubSettings settings = HubSettings.of(Map.of("HF_HOME", folder.toString()));
    Path cache = folder.resolve("hub");
    assertFinding(
        Level.OK, cache + ", created with the first download", null, HubChecks.cache(settings));
    Path blob = Files.createDirectories(cache.resolve("blobs")).resolve("x");
    Files.write(blob, new byte[1500]);
    Files.createSymbolicLink(cache.resolve("link"), blob);
    assertFinding(Level.OK, cache + ", writable, 1.5 kB in it", null, HubChecks.cache(settings));
    assertFinding(Level.OK, " free for " + cache, null, HubChecks.disk(settings));
    HubSettings inFile = HubSettings.of(Map.of("HF_HUB_CACHE", blob.resolve("hub").toString()));
    assertFinding(
        Level.WARNING, blob + " is not a folder", "HF_HUB_CACHE", HubChecks.cache(inFile));
  }

  @Test
  void aTokenIsToldButNotItsValue(@TempDir Path folder) throws IOException {
    Map<String, String> environment =
        new HashMap<>(Map.of("HF_HOME", folder.toString(), "HF_HUB_OFFLINE", "1"));
    Path file = folder.resolve("token");
    assertFinding(
        Level.OK,
        "none; only gated models (personaplex, moshika-rl, personaplex-rl) need one, in HF_TOKEN or "
            + file,
        null,
        HubChecks.token(HubSettings.of(environment)));
    Files.writeString(file, "secret");
    for (String source : List.of(file.toString(), "HF_TOKEN")) {
      Finding finding = HubChecks.token(HubSettings.of(environment));
      assertFinding(Level.OK, "from " + source, null, finding);
      assertFalse(finding.toString().contains("secret"), finding.toString());
      environment.put("HF_TOKEN", "secret");
    }
  }

  @Test
  void aMicrophoneMayBeDeadOrForbidden() {
    assertFinding(
        Level.OK, "'x'; a second at -43 dB", null, SoundChecks.microphone("'x'", -43.2, false));
    assertFinding(
        Level.WARNING,
        "nothing but zeros",
        "unmute it",
        SoundChecks.microphone("'x'", Double.NEGATIVE_INFINITY, false));
    assertFinding(
        Level.PROBLEM,
        "gives no sound",
        "--input-device",
        SoundChecks.microphone("'x'", Double.NEGATIVE_INFINITY, true));
  }

  @Test
  void onAMacTheRemedyOfZerosIsToAllowTheMicrophone() {
    try (OnMac _ = new OnMac()) {
      assertFinding(
          Level.WARNING,
          "nothing but zeros",
          "macOS may be asking whether this terminal may use the microphone: allow it",
          SoundChecks.microphone("'x'", Double.NEGATIVE_INFINITY, false));
    }
  }

  /** A microphone that gives zeros for so many frames, then a level of −20 dB. */
  private static AudioSource microphone(int zeros) {
    AtomicInteger given = new AtomicInteger();
    return new AudioSource() {
      @Override
      public boolean read(float[] frame) {
        Arrays.fill(frame, given.getAndIncrement() < zeros ? 0 : 0.1f);
        return true;
      }

      @Override
      public long totalFrames() {
        return -1;
      }

      @Override
      public void close() {}
    };
  }

  @Test
  void theMicrophoneIsWaitedFor() {
    List<String> said = new ArrayList<>();
    Runnable waiting = () -> said.add("waiting");
    assertEquals(-20, SoundChecks.listen(microphone(0), 15, waiting), 0.01);
    assertEquals(List.of(), said);
    assertEquals(-20, SoundChecks.listen(microphone(13 * 14), 15, waiting), 0.01);
    assertEquals(List.of("waiting"), said);
    assertEquals(Double.NEGATIVE_INFINITY, SoundChecks.listen(microphone(13 * 15), 15, waiting));
    assertEquals(Double.NEGATIVE_INFINITY, SoundChecks.listen(microphone(13), 1, waiting));
    assertEquals(List.of("waiting", "waiting"), said);
  }

  @Test
  void aFailureNamesItsRemedyOrHasTheUsualOne() {
    assertEquals(
        Finding.problem("x", "/a cannot be read; it is a folder", "name a file"),
        Finding.of(
            "x", new UserException("/a cannot be read; it is a folder", "name a file"), "?"));
    assertEquals(
        Finding.problem("x", "no such file: /a", "fetch it"),
        Finding.of("x", new IllegalStateException("no such file: /a\n"), "fetch it"));
  }
}
