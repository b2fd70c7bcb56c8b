package io.moshimlx.command;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.moshimlx.audio.SoundServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;

/**
 * A long conversation with the demo model through the devices of a sound server, somebody speaking
 * all the time. Prints its memory and lag along the way as a Markdown table; scripts/soak runs it.
 *
 * <p>A queue that stands shows in the least lag of a while, which no good frame can then undercut;
 * a single slow frame does not. CoDel tells the two apart the same way (RFC 8289, section 3.2).
 */
final class SoakBenchmark {
  private static final int ROWS = 12;
  private static final double FRAMES_A_SECOND = 12.5;

  private SoakBenchmark() {}

  /** Arguments: the launcher, a recording of speech, the minutes. */
  public static void main(String[] args) throws Exception {
    int seconds = (int) Math.round(60 * Double.parseDouble(args[2]));
    int status;
    try (SoundServer server = SoundServer.start()) {
      ProcessBuilder builder =
          new ProcessBuilder(
                  args[0],
                  "run",
                  "--model",
                  "demo",
                  "--duration",
                  Integer.toString(seconds),
                  "--events",
                  "-")
              .redirectError(ProcessBuilder.Redirect.INHERIT);
      builder.environment().putAll(server.environment());
      Process process = builder.start();
      try (BufferedReader events = process.inputReader()) {
        follow(process, events, server, speech(Path.of(args[1]), seconds + 10), seconds);
      }
      status = process.waitFor();
    }
    System.exit(status);
  }

  private static void follow(
      Process process, BufferedReader events, SoundServer server, float[] speech, int seconds)
      throws IOException {
    long rowFrames = Math.round(seconds * FRAMES_A_SECOND / ROWS);
    List<Double> lags = new ArrayList<>();
    List<Double> times = new ArrayList<>();
    long frames = 0;
    long warnings = 0;
    System.out.println(
        "| time | frames | resident memory | least lag | median lag | ms a frame | warnings |");
    System.out.println("|---|---|---|---|---|---|---|");
    for (String line = events.readLine(); line != null; line = events.readLine()) {
      JsonObject event = JsonParser.parseString(line).getAsJsonObject();
      switch (event.get("type").getAsString()) {
        case "session" -> server.speak(speech);
        case "warning" -> warnings++;
        case "frame" -> {
          lags.add(event.get("lag_ms").getAsDouble());
          times.add(event.getAsJsonObject("ms").get("total").getAsDouble());
          if (++frames % rowFrames == 0) {
            Duration time = Duration.ofSeconds(Math.round(frames / FRAMES_A_SECOND));
            System.out.printf(
                Locale.ROOT,
                "| %d:%02d | %d | %.1f MB | %.1f ms | %.1f ms | %.1f | %d |%n",
                time.toMinutes(),
                time.toSecondsPart(),
                frames,
                ProcessMemory.residentMegabytes(process.pid()),
                Collections.min(lags),
                median(lags),
                median(times),
                warnings);
            lags.clear();
            times.clear();
          }
        }
        default -> System.out.printf("%n    %s%n", line);
      }
    }
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElse(Double.NaN);
  }

  /** The recording, 16-bit mono, over and over. */
  private static float[] speech(Path wav, int seconds) throws Exception {
    try (AudioInputStream in = AudioSystem.getAudioInputStream(wav.toFile())) {
      byte[] bytes = in.readAllBytes();
      float[] samples = new float[seconds * 24_000];
      for (int i = 0; i < samples.length; i++) {
        int at = 2 * i % bytes.length;
        samples[i] = (short) ((bytes[at] & 0xff) | (bytes[at + 1] << 8)) / 0x1p15f;
      }
      return samples;
    }
  }
}
