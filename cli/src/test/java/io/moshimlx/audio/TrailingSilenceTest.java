package io.moshimlx.audio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrailingSilenceTest {
  @TempDir Path folder;

  @Test
  void silenceFollowsTheSource() throws IOException {
    Path tone = Wavs.tone(folder.resolve("tone.wav"), 0.16);
    try (AudioSource source = new TrailingSilence(WavSource.open(tone), 2)) {
      assertEquals(4, source.totalFrames());
      float[] frame = new float[1920];
      assertTrue(source.read(frame));
      assertTrue(source.read(frame));
      assertTrue(frame[10] != 0);
      for (int i = 0; i < 2; i++) {
        assertTrue(source.read(frame));
        assertArrayEquals(new float[1920], frame);
      }
      assertFalse(source.read(frame));
      assertFalse(source.read(frame));
    }
  }
}
