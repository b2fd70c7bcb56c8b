package io.moshimlx.dialogue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.audio.AudioDevices;
import io.moshimlx.audio.AudioSink;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.audio.FirstFrames;
import io.moshimlx.audio.Microphone;
import io.moshimlx.audio.SoundServer;
import io.moshimlx.audio.Speaker;
import io.moshimlx.checkpoint.LmConfig;
import io.moshimlx.event.EndReason;
import io.moshimlx.event.Event;
import io.moshimlx.event.FrameEvent;
import io.moshimlx.event.SessionStats;
import io.moshimlx.event.WarningEvent;
import io.moshimlx.mimi.Mimi;
import io.moshimlx.mimi.MimiDecoder;
import io.moshimlx.mimi.MimiEncoder;
import io.moshimlx.text.StreamingDecoder;
import io.moshimlx.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BinaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The loop with models and ends that are slow, stuck or broken. */
class FrameLoopTest {
  private static final Path DEMO = Path.of("src/test/resources/random-model");

  private final LmConfig config = LmConfig.read(DEMO.resolve("config.json"));
  private final Mimi codec =
      Mimi.open(DEMO.resolve("mimi.safetensors"), DEMO.resolve("mimi.json"), config.depQ());
  private final MimiEncoder encoder = codec.newEncoder();
  private final MimiDecoder decoder = codec.newDecoder();
  private final StreamingDecoder text = Tokenizer.open(DEMO.resolve("tokenizer.model")).decoder();
  private final List<Event> events = new CopyOnWriteArrayList<>();
  private final CountDownLatch end = new CountDownLatch(1);

  @AfterEach
  void close() {
    end.countDown();
    encoder.close();
    decoder.close();
    codec.close();
  }

  private FrameLoop loop(BinaryOperator<int[]> model, AudioSource source, AudioSink sink) {
    return new FrameLoop(
        encoder,
        decoder,
        model,
        new TokenStreams(config),
        text,
        new Ends(source, sink, Optional.empty(), new Warnings()));
  }

  private int[] answer() {
    return new int[1 + config.depQ()];
  }

  /** Silence without end; what it does before each frame may fail or wait. */
  private record Silence(Runnable before) implements AudioSource {
    @Override
    public boolean read(float[] frame) {
      before.run();
      return true;
    }

    @Override
    public long totalFrames() {
      return -1;
    }

    @Override
    public void close() {}
  }

  private record Sink(Runnable before) implements AudioSink {
    @Override
    public void write(float[] frame) {
      before.run();
    }

    @Override
    public void discard() {}

    @Override
    public void close() {}
  }

  /** Something that fails the fifth time. */
  private static Runnable failing(RuntimeException failure) {
    int[] calls = {0};
    return () -> {
      if (++calls[0] == 5) {
        throw failure;
      }
    };
  }

  private void hang() {
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aTextThatRepeatsItselfIsReportedOnce() {
    int[] sentence = {7, 3, 9, 3, 3, 8, 0, 11, 3};
    int[] steps = {0};
    int[] frames = {0};
    FrameLoop loop =
        loop(
            (input, given) -> {
              int[] answer = answer();
              answer[0] = sentence[steps[0]++ % sentence.length];
              return answer;
            },
            new Silence(() -> frames[0]++),
            AudioSink.NONE);
    loop.run(events::add, () -> frames[0] >= 600);
    List<WarningEvent> warnings =
        events.stream()
            .filter(WarningEvent.class::isInstance)
            .map(WarningEvent.class::cast)
            .toList();
    assertEquals(List.of("loop"), warnings.stream().map(WarningEvent::code).toList());
    assertTrue(warnings.getFirst().message().contains("--repetition-penalty"));
  }

  @Test
  void aFailureOfAnyPartEndsTheSessionAsItsCause() {
    RuntimeException failure = new IllegalStateException("broken");
    Silence silence = new Silence(() -> {});
    Runnable model = failing(failure);
    Runnable listener = failing(failure);
    for (FrameLoop loop :
        List.of(
            loop((input, given) -> answer(), new Silence(failing(failure)), AudioSink.NONE),
            loop((input, given) -> answer(), silence, new Sink(failing(failure))),
            loop(
                (input, given) -> {
                  model.run();
                  return answer();
                },
                silence,
                AudioSink.NONE))) {
      assertSame(
          failure,
          assertThrows(IllegalStateException.class, () -> loop.run(events::add, () -> false)));
      assertTrue(loop.frames() <= 5);
    }
    FrameLoop loop = loop((input, given) -> answer(), silence, AudioSink.NONE);
    assertSame(
        failure,
        assertThrows(
            IllegalStateException.class, () -> loop.run(event -> listener.run(), () -> false)));
  }

  @Test
  void aPartThatHangsDoesNotKeepTheFailureOfAnotherFromEndingTheSession() {
    RuntimeException failure = new IllegalStateException("broken");
    int[] frames = {0};
    FrameLoop mute =
        loop(
            (input, given) -> {
              if (++frames[0] == 3) {
                throw failure;
              }
              return answer();
            },
            new Silence(() -> {}),
            new Sink(this::hang));
    assertSame(
        failure,
        assertThrows(IllegalStateException.class, () -> mute.run(events::add, () -> false)));
    int[] read = {0};
    FrameLoop deaf =
        loop(
            (input, given) -> {
              throw failure;
            },
            new Silence(() -> {
              if (++read[0] == 2) {
                hang();
              }
            }),
            AudioSink.NONE);
    assertSame(
        failure,
        assertThrows(IllegalStateException.class, () -> deaf.run(events::add, () -> false)));
  }

  /** 15 seconds with a model that takes 110 ms a frame. */
  @Test
  @EnabledOnOs(
      value = OS.LINUX,
      disabledReason = "PulseAudio stands in for the devices on Linux only")
  void aModelThatIsTooSlowCostsFramesThatAreCountedAndTold() throws Exception {
    int frames = 140;
    Warnings warnings = new Warnings();
    try (SoundServer _ = SoundServer.start();
        Microphone microphone =
            Microphone.open(AudioDevices.input(null, Map.of()), _ -> {}, warnings);
        Speaker speaker =
            Speaker.open(AudioDevices.output(null, Map.of()), Speaker.Listener.NONE, warnings)) {
      FrameLoop loop =
          new FrameLoop(
              encoder,
              decoder,
              (input, given) -> slowly(answer()),
              new TokenStreams(config),
              text,
              new Ends(new FirstFrames(microphone, frames), speaker, Optional.empty(), warnings));
      assertEquals(EndReason.INPUT_ENDED, loop.run(events::add, () -> false));
      SessionStats stats = loop.stats();

      List<FrameEvent> told = of(FrameEvent.class);
      assertEquals(frames, told.size());
      // What came in the meantime was answered, dropped, or is the backlog.
      double captured = stats.wallSeconds() * 12.5;
      assertEquals(captured - frames, (double) stats.droppedFrames(), 6);
      assertTrue(stats.droppedFrames() > 30, stats::toString);
      double worst = told.stream().mapToDouble(FrameEvent::lagMs).max().orElseThrow();
      assertTrue(worst < 1000, "a backlog of at most 4 frames, not " + worst + " ms");

      List<String> codes = of(WarningEvent.class).stream().map(WarningEvent::code).toList();
      assertTrue(codes.stream().filter("lag"::equals).count() > 5, codes::toString);
      assertEquals(1, codes.stream().filter("slow"::equals).count(), codes::toString);
      String slow =
          of(WarningEvent.class).stream()
              .filter(warning -> warning.code().equals("slow"))
              .findFirst()
              .orElseThrow()
              .message();
      assertTrue(slow.matches("a frame takes 1\\d\\d ms, but lasts only 80: .*"), slow);
      long counted =
          of(WarningEvent.class).stream()
              .filter(warning -> warning.code().equals("lag"))
              .mapToLong(warning -> Long.parseLong(warning.message().replaceAll(" .*", "")))
              .sum();
      assertTrue(stats.droppedFrames() - counted < 14, counted + " told of " + stats);
    }
  }

  private <E extends Event> List<E> of(Class<E> type) {
    return events.stream().filter(type::isInstance).map(type::cast).toList();
  }

  private static int[] slowly(int[] answer) {
    try {
      TimeUnit.MILLISECONDS.sleep(110);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return answer;
  }
}
