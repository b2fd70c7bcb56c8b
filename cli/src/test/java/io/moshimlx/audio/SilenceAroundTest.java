package io.moshimlx.audio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SilenceAroundTest {
  @TempDir Path folder;

  @Test
  void silenceGoesBeforeAndAfterTheSource() throws IOException {
    Path tone = Wavs.tone(folder.resolve("tone.wav"), 0.16);
    try (AudioSource recording = RecordingSource.open(tone, AudioNotices.NONE);
        AudioSource source = new SilenceAround(recording, 3, 2)) {
      assertEquals(7, source.totalFrames());
      float[] frame = new float[1920];
      silent(source, 3);
      assertTrue(source.read(frame));
      assertTrue(source.read(frame));
      assertTrue(frame[10] != 0);
      silent(source, 2);
      assertFalse(source.read(frame));
      assertFalse(source.read(frame));
    }
  }

  private static void silent(AudioSource source, int frames) {
    float[] frame = new float[1920];
    for (int i = 0; i < frames; i++) {
      Arrays.fill(frame, 1f);
      assertTrue(source.read(frame));
      assertArrayEquals(new float[1920], frame);
    }
  }
}
