package io.moshimlx.audio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class WavSinkTest {
  @TempDir Path folder;

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** Samples, and what rustymimi 0.4.1's write_wav makes of them. */
  @Test
  void samplesAreClippedAndCutAsUpstreamDoes() throws IOException {
    float[] samples = {
      0f,
      1e-5f,
      0.5f,
      0.99999f,
      1f,
      1.5f,
      -1f,
      -1.5f,
      -0.5f,
      3.1e-5f,
      -3.1e-5f,
      0.25001f,
      Float.NaN,
      Float.POSITIVE_INFINITY,
      Float.NEGATIVE_INFINITY
    };
    int[] expected = {
      0, 0, 16383, 32766, 32767, 32767, -32767, -32767, -16383, 1, -1, 8192, 0, 32767, -32767
    };
    Path path = folder.resolve("out.wav");
    try (WavSink sink = WavSink.create(path)) {
      sink.write(samples);
    }
    assertArrayEquals(
        Wavs.bytes(Wavs.PCM, 16, 1, 24000, Wavs.samples16(expected)), Files.readAllBytes(path));
  }

  @Test
  void whatWasReadIsWrittenBackButForTheScale() throws IOException {
    Path path = folder.resolve("long.wav");
    float[] frame = new float[1920];
    for (int i = 0; i < frame.length; i++) {
      frame[i] = i / 1920f;
    }
    try (WavSink sink = WavSink.create(path)) {
      for (int i = 0; i < 40; i++) {
        sink.write(frame);
      }
    }
    try (RecordingSource source = RecordingSource.open(path, AudioNotices.NONE)) {
      assertEquals(40, source.totalFrames());
      float[] read = new float[1920];
      while (source.read(read)) {
        assertArrayEquals(frame, read, 1e-4f);
      }
    }
  }

  @Test
  void theFormerFileStaysUntilTheNewOneIsWhole() throws IOException {
    Path path = Files.writeString(folder.resolve("out.wav"), "former");
    WavSink sink = WavSink.create(path);
    sink.write(new float[1920]);
    assertEquals("former", Files.readString(path));
    sink.close();
    sink.close();
    assertEquals(44 + 2 * 1920, Files.size(path));
    assertEquals(List.of("out.wav"), names());
  }

  @Test
  void discardingLeavesTheFormerFileAndNothingElse() throws IOException {
    Path path = Files.writeString(folder.resolve("out.wav"), "former");
    try (WavSink sink = WavSink.create(path)) {
      sink.write(new float[100_000]);
      sink.discard();
    }
    assertEquals("former", Files.readString(path));
    assertEquals(List.of("out.wav"), names());
  }

  @Test
  void aLinkIsFollowed() throws IOException {
    Path target = Files.writeString(folder.resolve("target.wav"), "former");
    Path link = Files.createSymbolicLink(folder.resolve("link.wav"), Path.of("target.wav"));
    WavSink.create(link).close();
    assertTrue(Files.isSymbolicLink(link));
    assertEquals(44, Files.size(target));
  }

  @Test
  void aBareFileNameIsThatOfTheCurrentFolder() {
    WavSink.create(Path.of("no-folder.wav")).discard();
    assertTrue(Files.notExists(Path.of("no-folder.wav")));
  }

  private static String refusal(Path path) {
    return assertThrows(UserException.class, () -> WavSink.create(path)).getMessage();
  }

  @Test
  void whereNothingCanBeWrittenIsToldBeforehand() throws IOException {
    assertEquals(
        "%s/none/out.wav cannot be written: the folder %s/none does not exist; choose another place for the output"
            .formatted(folder, folder),
        refusal(folder.resolve("none/out.wav")));
    assertEquals(
        folder + " cannot be written: it is a folder; choose another place for the output",
        refusal(folder));
    Path file = Files.writeString(folder.resolve("file"), "");
    assertEquals(
        file + "/out.wav cannot be written: Not a directory; choose another place for the output",
        refusal(file.resolve("out.wav")));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aFullDiskIsToldBeforehand() {
    assertEquals(
        "/dev/full cannot be written: No space left on device; choose another place for the output",
        refusal(Path.of("/dev/full")));
  }

  @Test
  void aDeviceIsWrittenDirectly() {
    Path device = Path.of("/dev/null");
    try (WavSink sink = WavSink.create(device)) {
      sink.write(new float[1920]);
    }
    assertTrue(Files.exists(device) && !Files.isRegularFile(device));
  }

  @Test
  void aPipeGetsAWavOfUnknownLength() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    Thread writer =
        Thread.ofPlatform()
            .start(() -> {
              try (WavSink sink = WavSink.create(pipe)) {
                sink.write(new float[1920]);
              }
            });
    byte[] wav = Files.readAllBytes(pipe);
    writer.join();
    Path copy = Files.write(folder.resolve("copy.wav"), wav);
    try (RecordingSource source = RecordingSource.open(copy, AudioNotices.NONE)) {
      assertEquals(1, source.totalFrames());
    }
  }
}
