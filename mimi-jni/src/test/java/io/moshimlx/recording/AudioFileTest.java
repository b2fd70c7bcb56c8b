package io.moshimlx.recording;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.sound.sampled.AudioFileFormat;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The face of the library's readers; what formats they read is tested where they are used. */
class AudioFileTest {
  @TempDir Path folder;

  private Path aiff() throws IOException {
    AudioFormat format = new AudioFormat(16000, 16, 2, true, true);
    byte[] bytes = {64, 0, -64, 0, 0, 0, 32, 0};
    Path file = folder.resolve("x");
    AudioSystem.write(
        new AudioInputStream(new ByteArrayInputStream(bytes), format, 2),
        AudioFileFormat.Type.AIFF,
        file.toFile());
    return file;
  }

  @Test
  void aFileIsReadInSteps() throws IOException {
    try (AudioFile file = AudioFile.open(aiff())) {
      assertEquals(16000, file.rate());
      assertEquals(2, file.channels());
      assertEquals(2, file.frames());
      float[] samples = new float[8];
      assertEquals(2, file.read(samples, 2));
      assertArrayEquals(new float[] {0.5f, -0.5f, 0, 0, 0, 0, 0, 0}, samples);
      assertEquals(2, file.read(samples, 8));
      assertArrayEquals(new float[] {0, 0.25f, 0, 0, 0, 0, 0, 0}, samples);
      assertEquals(0, file.read(samples, 8));
      assertTrue(file.lack().isEmpty());
      assertThrows(IndexOutOfBoundsException.class, () -> file.read(samples, 9));
    }
  }

  @Test
  void aClosedFileIsNotReadAnyMore() throws IOException {
    AudioFile file = AudioFile.open(aiff());
    file.close();
    file.close();
    assertThrows(AudioFileException.class, () -> file.read(new float[2], 2));
    assertThrows(AudioFileException.class, file::rate);
  }

  @Test
  void whatCannotBeReadIsRefused() throws IOException {
    assertThrows(AudioFileException.class, () -> AudioFile.open(folder.resolve("none")));
    Path noise = Files.write(folder.resolve("noise"), new byte[5000]);
    assertThrows(AudioFileException.class, () -> AudioFile.open(noise));
  }
}
