package io.moshimlx.audio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.moshimlx.recording.AudioFileException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** WAV files of all kinds are read as they were written, and no damage does harm. */
class RiffPropertyTest {
  private static final int VALID = 500;
  private static final int MUTATED = 2000;

  /**
   * What may be allocated, most of it for a moment: buffers, and some objects a chunk, of which a
   * byte of a file can make no more than so many bytes. What a header claims adds nothing.
   */
  private static final long BUFFERS = 8 << 20;

  private static final long BYTES_A_BYTE = 100;

  @TempDir Path folder;

  @Test
  void whatWasWrittenIsRead() throws IOException {
    for (int seed = 0; seed < VALID; seed++) {
      RandomWav wav = new RandomWav(seed);
      Path file = Files.write(folder.resolve("valid.wav"), wav.bytes());
      try (Recording fromFile = Recordings.open(file)) {
        assertEquals(wav.expected().length, fromFile.length(), wav.toString());
        assertArrayEquals(wav.expected(), all(fromFile), wav + " from a file");
      }
      try (Recording fromPipe = Recordings.open(new ByteArrayInputStream(wav.bytes()))) {
        assertArrayEquals(wav.expected(), all(fromPipe), wav + " from a pipe");
      }
    }
  }

  private static float[] all(Recording recording) throws IOException {
    float[] read = new float[1 << 13];
    int length = Channel.MIX.of(recording).read(read, 0, read.length);
    return Arrays.copyOf(read, length);
  }

  @Test
  void damageIsRefusedOrReadAndNoMore() throws IOException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Random random = new Random(5);
    float[] block = new float[4096 * 4];
    for (int trial = 0; trial < MUTATED; trial++) {
      byte[] bytes = mutated(new RandomWav(random.nextInt(VALID)).bytes(), random);
      Path file = Files.write(folder.resolve("mutated.wav"), bytes);
      long before = threads.getCurrentThreadAllocatedBytes();
      long samples = 0;
      for (boolean pipe : new boolean[] {false, true}) {
        try (Recording recording =
            pipe ? Recordings.open(new ByteArrayInputStream(bytes)) : Recordings.open(file)) {
          int most = block.length / recording.channels();
          int read = most;
          while (read == most) {
            read = recording.read(block, 0, most);
            samples += (long) read * recording.channels();
            assertTrue(samples <= 2L * bytes.length, "trial " + trial);
          }
        } catch (AudioFileException e) {
          assertTrue(e.getMessage().matches("(is|holds|does|has) .*"), e.getMessage());
        }
      }
      long allocated = threads.getCurrentThreadAllocatedBytes() - before;
      assertTrue(allocated < BUFFERS + BYTES_A_BYTE * bytes.length, trial + ": " + allocated);
    }
  }

  private static byte[] mutated(byte[] whole, Random random) {
    byte[] bytes = whole.clone();
    int header = Math.min(bytes.length, 120);
    for (int i = random.nextInt(6); i >= 0; i--) {
      int at = random.nextInt(random.nextBoolean() ? header : bytes.length);
      bytes[at] =
          (byte)
              (random.nextBoolean() ? random.nextInt(256) : bytes[at] ^ (1 << random.nextInt(8)));
    }
    if (random.nextInt(3) == 0) {
      return Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
    }
    if (random.nextInt(3) == 0) {
      // Some bytes are lost, and others come twice.
      int from = random.nextInt(bytes.length);
      int to = random.nextInt(bytes.length);
      System.arraycopy(bytes, from, bytes, to, bytes.length - Math.max(from, to));
    }
    return bytes;
  }
}
