package io.moshimlx.dialogue;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.moshimlx.audio.AudioNotices;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.audio.RecordingSource;
import io.moshimlx.mimi.Mimi;
import io.moshimlx.mimi.MimiEncoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The codec that {@code scripts/demo-model} trains says in Rust what it said in PyTorch, from which
 * the language model learns; the values are those of {@code codec_goldens.py}.
 */
final class TrainedCodecTest {
  private static final Path FOLDER = Path.of("src/test/resources/trained-codec");
  private static final Path DEMO = Path.of("src/main/resources/demo");
  private static final int CODEBOOKS = 8;

  @Test
  void tokensOfSentencesNeverHeardAreTheTrainings() throws IOException {
    List<int[]> expected;
    try (var lines = Files.lines(FOLDER.resolve("codes.txt"))) {
      expected =
          lines
              .map(line -> Arrays.stream(line.split(" ")).mapToInt(Integer::parseInt).toArray())
              .toList();
    }
    try (AudioSource speech =
            RecordingSource.open(FOLDER.resolve("speech.wav"), AudioNotices.NONE);
        Mimi codec =
            Mimi.open(DEMO.resolve("mimi.safetensors"), DEMO.resolve("mimi.json"), CODEBOOKS);
        MimiEncoder encoder = codec.newEncoder()) {
      float[] frame = new float[Mimi.FRAME_SAMPLES];
      int frames = 0;
      while (speech.read(frame)) {
        assertArrayEquals(expected.get(frames), encoder.encode(frame), "frame " + frames);
        frames++;
      }
      assertEquals(expected.size(), frames);
    }
  }
}
