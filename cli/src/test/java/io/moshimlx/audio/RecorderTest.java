package io.moshimlx.audio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class RecorderTest {
  private static final int FRAME = AudioSource.FRAME_SAMPLES;

  @TempDir Path folder;

  /** Records until it is killed, and says on stdout what is written. */
  static final class Endless {
    private Endless() {}

    public static void main(String[] arguments) {
      Recorder recorder = Recorder.create(Path.of(arguments[0]));
      for (int i = 0; ; i++) {
        recorder.write(FakeLine.frame(i % 1000), FakeLine.frame(i % 1000 + 1));
        System.out.write(1);
        System.out.flush();
      }
    }
  }

  /**
   * Checks that a file has the frames 0, 1, … on the left, one more on the right; returns how many.
   */
  private static int frames(Path file) throws Exception {
    try (AudioInputStream in = AudioSystem.getAudioInputStream(file.toFile())) {
      assertEquals(
          new AudioFormat(24000, 16, 2, true, false).toString(), in.getFormat().toString());
      byte[] bytes = in.readAllBytes();
      assertEquals(in.getFrameLength() * 4, bytes.length);
      for (int i = 0; i < bytes.length; i += 4) {
        int frame = i / 4 / FRAME % 1000;
        assertEquals(FakeLine.value(frame), sample(bytes, i));
        assertEquals(FakeLine.value(frame + 1), sample(bytes, i + 2));
      }
      assertEquals(0, bytes.length % (4 * FRAME));
      return bytes.length / (4 * FRAME);
    }
  }

  private static float sample(byte[] bytes, int at) {
    return (short) ((bytes[at] & 0xff) | (bytes[at + 1] << 8)) / 0x1p15f;
  }

  @Test
  void bothSidesAreRecordedAndCanBePlayedAtAnyMoment() throws Exception {
    Path file = folder.resolve("both.wav");
    try (Recorder recorder = Recorder.create(file)) {
      for (int i = 0; i < 40; i++) {
        recorder.write(FakeLine.frame(i), FakeLine.frame(i + 1));
        assertEquals(i + 1, frames(file));
      }
    }
    assertEquals(40, frames(file));
    assertEquals(44 + 40 * 4 * FRAME, Files.size(file));
  }

  @Test
  void aFormerFileStaysUntilTheFirstFrame() throws Exception {
    Path file = Files.writeString(folder.resolve("former.wav"), "x".repeat(100_000));
    try (Recorder _ = Recorder.create(file)) {
      assertEquals(100_000, Files.size(file));
    }
    assertEquals(100_000, Files.size(file));
    try (Recorder recorder = Recorder.create(file)) {
      recorder.write(FakeLine.frame(0), FakeLine.frame(1));
      assertEquals(1, frames(file));
    }
    assertEquals(44 + 4 * FRAME, Files.size(file));
  }

  @Test
  void nothingIsLeftOfARecordingWithoutAFrame() {
    Path file = folder.resolve("none.wav");
    Recorder.create(file).close();
    assertTrue(Files.notExists(file));
  }

  @Test
  void aKilledProcessLeavesAllThatItWrote() throws Exception {
    for (int wanted : new int[] {1, 100, 777}) {
      Path file = folder.resolve(wanted + ".wav");
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty(
                      "surefire.test.class.path", System.getProperty("java.class.path")),
                  Endless.class.getName(),
                  file.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      assertEquals(wanted, process.getInputStream().readNBytes(wanted).length);
      // The process itself would close its streams at once.
      process.toHandle().destroyForcibly();
      int told = wanted + process.getInputStream().readAllBytes().length;
      process.waitFor();
      int recorded = frames(file);
      assertTrue(recorded >= told && recorded <= told + 1, recorded + " of " + told);
    }
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "only Linux has /dev/full, and limits by prlimit")
  void aFullDiskIsNamedAndWhatWasWrittenStaysPlayable() throws Exception {
    Path file = folder.resolve("full.wav");
    Path errors = folder.resolve("errors");
    // A limit on the size of files fails as a full disk does, in the midst of a frame.
    Process process =
        new ProcessBuilder(
                "bash",
                "-c",
                "trap '' XFSZ; ulimit -f 100; exec \"$@\"",
                "bash",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Endless.class.getName(),
                file.toString())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(errors.toFile())
            .start();
    assertEquals(1, process.waitFor());
    assertTrue(
        Files.readString(errors)
            .contains(
                file
                    + " cannot be written: File too large; choose another place for the recording"),
        Files.readString(errors));
    assertEquals(102_400 / (4 * FRAME), frames(file));
  }

  @Test
  void placesThatCannotBeWrittenAreNamed() throws IOException {
    Path missing = folder.resolve("none").resolve("r.wav");
    assertEquals(
        missing
            + " cannot be written: the folder "
            + missing.getParent()
            + " does not exist; choose another place for the recording",
        assertThrows(UserException.class, () -> Recorder.create(missing)).getMessage());
    assertEquals(
        folder + " cannot be written: it is a folder; choose another place for the recording",
        assertThrows(UserException.class, () -> Recorder.create(folder)).getMessage());
    Path device = Path.of("/dev/null");
    assertEquals(
        device
            + " cannot be written: a recording needs a regular file; choose another place for the"
            + " recording",
        assertThrows(UserException.class, () -> Recorder.create(device)).getMessage());
  }
}
