package io.moshimlx.command;

import static io.moshimlx.audio.Wavs.channel;
import static io.moshimlx.audio.Wavs.floats;
import static io.moshimlx.audio.Wavs.mono;
import static io.moshimlx.audio.Wavs.samples;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.audio.SoundServer;
import io.moshimlx.audio.Wavs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a listener gets of the built-in model; scripts/demo-model/evaluate.py asks it far more. */
class DemoModelTest {
  private static final Path DEMO = Path.of("src/main/resources/demo").toAbsolutePath();
  private static final Path HELLO = Path.of("../samples/hello.wav");
  private static final Path TALK = Path.of("../samples/talk.wav");
  private static final Path INTERRUPT = Path.of("../samples/interrupt.wav");
  private static final List<String> ANSWERS =
      List.of(
          "hello there say a colour or a number",
          "you said red",
          "you said seven",
          "you said friday",
          "you are welcome");
  private static final String PROMPT = "please say a colour or a number";
  private static final int FRAME = AudioSource.FRAME_SAMPLES;
  private static final int SECOND = AudioSource.SAMPLE_RATE;

  /** Sound beyond this is to be heard. */
  private static final float LOUD = 0.01f;

  /** Silence that ends a sentence. */
  private static final int PAUSE = SECOND / 2;

  /** How often a conversation is repeated that a busy machine has spoilt. */
  private static final int ATTEMPTS = 3;

  @TempDir Path folder;

  /** From where to where there is sound, in samples. */
  private record Span(int start, int end) {}

  private static List<Span> spans(float[] pcm, int pause) {
    List<Span> spans = new ArrayList<>();
    for (int i = 0; i < pcm.length; i++) {
      if (Math.abs(pcm[i]) > LOUD) {
        boolean goesOn = !spans.isEmpty() && i - spans.getLast().end() < pause;
        int start = goesOn ? spans.removeLast().start() : i;
        spans.add(new Span(start, i + 1));
      }
    }
    return spans;
  }

  /** The text of each frame. */
  private static List<String> texts(String events) {
    return events
        .lines()
        .map(line -> JsonParser.parseString(line).getAsJsonObject())
        .filter(event -> event.get("type").getAsString().equals("frame"))
        .map(event -> event.get("text").getAsString())
        .toList();
  }

  private List<String> answer(Path input, Path output, Object... options) {
    List<Object> arguments =
        new ArrayList<>(List.of("run", "--model", DEMO, "--input", input, "--output", output));
    arguments.addAll(List.of("--events", "-"));
    arguments.addAll(Arrays.asList(options));
    return texts(Cli.run(arguments.toArray()).succeeded().out());
  }

  @ParameterizedTest
  @ValueSource(strings = {"q4", "bf16"})
  void everySentenceIsAnsweredRightAndInTime(String quant) throws IOException {
    List<String> texts = answer(TALK, folder.resolve("reply.wav"), "--quant", quant);
    List<Span> user = spans(mono(TALK), PAUSE);
    assertEquals(ANSWERS.size(), user.size());
    for (int i = 0; i < user.size(); i++) {
      int end = user.get(i).end() / FRAME;
      int next = i + 1 < user.size() ? user.get(i + 1).start() / FRAME : texts.size();
      assertEquals(ANSWERS.get(i), String.join("", texts.subList(end, next)).strip());
      String soon = String.join("", texts.subList(end, end + (int) (1.5 * SECOND / FRAME)));
      assertNotEquals("", soon, "after 1.5 s of sentence " + i);
    }
  }

  @Test
  void itFallsSilentWhenSomebodyCutsIn() throws IOException {
    Path reply = folder.resolve("reply.wav");
    answer(INTERRUPT, reply);
    int cut = spans(mono(INTERRUPT), PAUSE).get(1).start();
    assertSilentSoon(mono(reply), cut);
  }

  private static void assertSilentSoon(float[] said, int cut) {
    List<Span> spans = spans(said, SECOND / 4);
    Span cutShort = spans.stream().filter(span -> span.end() > cut).findFirst().orElseThrow();
    assertTrue(cutShort.start() < cut, "it was speaking");
    double seconds = (double) (cutShort.end() - cut) / SECOND;
    assertTrue(seconds <= 1, () -> "silent after %.2f s".formatted(seconds));
  }

  @Test
  void whereNobodySpeaksAnyMoreItAsksForSomething() throws IOException {
    Path output = folder.resolve("reply.wav");
    List<String> texts = answer(HELLO, output, "--tail", "12");
    String said = String.join("", texts).strip();
    assertTrue(said.matches(ANSWERS.getFirst() + "( " + PROMPT + ")+"), said);
  }

  @Test
  void whereNobodyBeginsItAsksForSomething() throws IOException {
    Path silence = Wavs.write(folder.resolve("silence.wav"), new int[12 * SECOND]);
    List<String> texts = answer(silence, folder.resolve("reply.wav"));
    assertEquals(PROMPT, String.join("", texts).strip());
    double begins = texts.indexOf(" please") * (double) FRAME / SECOND;
    assertTrue(begins > 4 && begins < 8, () -> "after %.2f s".formatted(begins));
  }

  @Test
  void toSilenceAndNoiseItHasNoAnswer() throws IOException {
    Random random = new Random(1);
    int[] noise =
        IntStream.range(0, 20 * SECOND).map(i -> (int) (random.nextGaussian() * 100)).toArray();
    Path silence = Wavs.write(folder.resolve("noise.wav"), noise);
    List<String> words =
        List.of(
            String.join("", answer(silence, folder.resolve("reply.wav"))).strip().split("\\s+"));
    assertTrue(
        words.equals(List.of("")) || List.of(PROMPT.split(" ")).containsAll(words),
        words.toString());
  }

  @Test
  void throughTheDevicesItAnswersFiveSentencesAndCanBeInterrupted() throws Exception {
    float[] talk = mono(TALK);
    float[] interrupt = mono(INTERRUPT);
    float[] spoken = Arrays.copyOf(talk, talk.length + interrupt.length + 4 * SECOND);
    System.arraycopy(interrupt, 0, spoken, talk.length, interrupt.length);
    for (int attempt = 1; ; attempt++) {
      Path recording = folder.resolve("talk" + attempt + ".wav");
      Path events = folder.resolve("talk" + attempt + ".ndjson");
      try (SoundServer server = SoundServer.start()) {
        int seconds = spoken.length / SECOND;
        CompletableFuture<Cli.Result> run =
            CompletableFuture.supplyAsync(
                () ->
                    Cli.run(
                        "run",
                        "--model",
                        DEMO,
                        "--temp",
                        "0",
                        "--duration",
                        seconds,
                        "--record",
                        recording,
                        "--events",
                        events),
                task -> Thread.ofPlatform().start(task));
        SoundServer.await(
            "the first frame",
            () -> run.isDone() || (Files.exists(events) && events.toFile().length() > 1000));
        SoundServer.Recording loudspeaker = server.record();
        server.speak(spoken);
        run.get().succeeded();
        String lines = Files.readString(events);
        if (attempt < ATTEMPTS && spoilt(lines)) {
          continue;
        }
        String said = String.join("", texts(lines)).strip();
        assertTrue(said.startsWith(String.join(" ", ANSWERS) + " hello there"), said);
        short[] both = samples(recording);
        List<Span> user = spans(floats(channel(both, 0)), PAUSE);
        float[] moshi = floats(channel(both, 1));
        assertSilentSoon(moshi, user.get(ANSWERS.size() + 1).start());
        assertEquals(spans(moshi, PAUSE).size(), spans(loudspeaker.samples(), PAUSE).size(), said);
        return;
      }
    }
  }

  private static boolean spoilt(String events) {
    JsonObject end = JsonParser.parseString(events.lines().toList().getLast()).getAsJsonObject();
    JsonObject stats = end.getAsJsonObject("stats");
    return stats.get("dropped_frames").getAsLong() + stats.get("underruns").getAsLong() > 0;
  }
}
