package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.moshimlx.audio.SoundServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.sound.sampled.AudioFileFormat;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A conversation with the demo model through the devices of a real sound server. */
@EnabledOnOs(
    value = OS.LINUX,
    disabledReason = "PulseAudio stands in for the devices on Linux only")
final class LiveRunTest {
  private static final int FRAME = 1920;
  private static final Path SPEECH = Path.of("../samples/hello.wav");

  @TempDir private Path folder;

  @Test
  void talksThroughTheDevicesAndRecordsBothSides() throws Exception {
    Path recording = folder.resolve("talk.wav");
    Path events = folder.resolve("events.ndjson");
    try (SoundServer server = SoundServer.start()) {
      CompletableFuture<Cli.Result> run =
          CompletableFuture.supplyAsync(() ->
              Cli.run(
                  "run",
                  "--model",
                  Cli.DEMO,
                  "--temp",
                  "0",
                  "--duration",
                  "8",
                  "--record",
                  recording,
                  "--events",
                  events));
      SoundServer.await("the first frame", () -> run.isDone() || !frames(events).isEmpty());
      server.speak(mono(SPEECH));
      Cli.Result result = run.get();
      assertEquals(0, result.status(), result.err());
    }

    List<JsonObject> frames = frames(events);
    assertEquals(100, frames.size());
    JsonObject end = lines(events).getLast();
    assertEquals("input_ended", end.get("reason").getAsString());
    short[] both = samples(recording);
    assertEquals(frames.size() * FRAME * 2, both.length);
    assertTrue(frames.stream().allMatch(frame -> frame.get("lag_ms").getAsDouble() >= 0));

    // What was recorded on the left, given as a file, has the tokens of the live session.
    Path heard = folder.resolve("heard.wav");
    writeChannel(both, 0, heard);
    Path again = folder.resolve("again.ndjson");
    Path reply = folder.resolve("reply.wav");
    Cli.run(
            "run",
            "--model",
            Cli.DEMO,
            "--temp",
            "0",
            "--input",
            heard,
            "--output",
            reply,
            "--events",
            again)
        .succeeded();
    List<JsonObject> fromFile = frames(again);
    assertEquals(frames.size(), fromFile.size());
    for (int n = 0; n < frames.size(); n++) {
      for (String key : List.of("user_tokens", "text_token", "audio_tokens")) {
        assertEquals(fromFile.get(n).get(key), frames.get(n).get(key), key + " of frame " + n);
      }
    }
    long voices =
        frames.stream()
            .map(frame -> frame.get("user_tokens"))
            .map(JsonArray.class::cast)
            .distinct()
            .count();
    assertTrue(voices > 20, "speech has many different tokens, not " + voices);
  }

  private static List<JsonObject> lines(Path events) {
    try {
      return Files.exists(events)
          ? Files.readAllLines(events).stream()
              .filter(line -> line.endsWith("}"))
              .map(line -> JsonParser.parseString(line).getAsJsonObject())
              .toList()
          : List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<JsonObject> frames(Path events) {
    return lines(events).stream()
        .filter(event -> event.get("type").getAsString().equals("frame"))
        .toList();
  }

  /** The samples of a 16-bit WAV file, its channels interleaved. */
  private static short[] samples(Path wav) throws Exception {
    try (AudioInputStream in = AudioSystem.getAudioInputStream(wav.toFile())) {
      byte[] bytes = in.readAllBytes();
      short[] samples = new short[bytes.length / 2];
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer().get(samples);
      return samples;
    }
  }

  private static float[] mono(Path wav) throws Exception {
    short[] samples = samples(wav);
    float[] floats = new float[samples.length];
    for (int i = 0; i < samples.length; i++) {
      floats[i] = samples[i] / 0x1p15f;
    }
    return floats;
  }

  /** Writes one channel of a stereo recording as a file of its own. */
  private static void writeChannel(short[] both, int channel, Path wav) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(both.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = channel; i < both.length; i += 2) {
      bytes.putShort(both[i]);
    }
    AudioFormat format = new AudioFormat(24000, 16, 1, true, false);
    AudioSystem.write(
        new AudioInputStream(new ByteArrayInputStream(bytes.array()), format, bytes.capacity() / 2),
        AudioFileFormat.Type.WAVE,
        wav.toFile());
  }
}
