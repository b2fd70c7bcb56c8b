package io.moshimlx.dialogue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.audio.AudioDevices;
import io.moshimlx.audio.FirstFrames;
import io.moshimlx.audio.Microphone;
import io.moshimlx.audio.SoundServer;
import io.moshimlx.audio.Speaker;
import io.moshimlx.event.EndReason;
import io.moshimlx.event.Event;
import io.moshimlx.event.FrameEvent;
import io.moshimlx.event.SessionStats;
import io.moshimlx.event.WarningEvent;
import io.moshimlx.mimi.Mimi;
import io.moshimlx.text.StreamingDecoder;
import io.moshimlx.text.TextTokens;
import io.moshimlx.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The loop with models and ends that are slow, stuck or broken. */
class FrameLoopTest {
  private static final Path DEMO = Path.of("src/test/resources/random-model");

  private final StreamingDecoder text = Tokenizer.open(DEMO.resolve("tokenizer.model")).decoder();
  private final List<Event> events = new CopyOnWriteArrayList<>();
  private final CountDownLatch end = new CountDownLatch(1);

  @AfterEach
  void close() {
    end.countDown();
  }

  private FrameLoop loop(StepModel model, UserInput input, VoiceOutput output) {
    return new FrameLoop(input, model, text, output, new Warnings());
  }

  private static Answer answer(int textToken) {
    return new Answer(textToken, Optional.of(new int[8]));
  }

  private static Answer answer() {
    return answer(TextTokens.PAD);
  }

  /** Frames without end; what is done before each may fail or wait. */
  private static UserInput frames(Runnable before) {
    return () -> {
      before.run();
      return Optional.of(new UserFrame(new int[8], new float[0], System.nanoTime(), 0, Double.NaN));
    };
  }

  private static VoiceOutput output(Runnable before) {
    return (user, codes) -> {
      before.run();
      return 0;
    };
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
            user -> answer(sentence[steps[0]++ % sentence.length]),
            frames(() -> frames[0]++),
            VoiceOutput.NONE);
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
    UserInput silence = frames(() -> {});
    Runnable model = failing(failure);
    Runnable listener = failing(failure);
    for (FrameLoop loop :
        List.of(
            loop(user -> answer(), frames(failing(failure)), VoiceOutput.NONE),
            loop(user -> answer(), silence, output(failing(failure))),
            loop(
                user -> {
                  model.run();
                  return answer();
                },
                silence,
                VoiceOutput.NONE))) {
      assertSame(
          failure,
          assertThrows(IllegalStateException.class, () -> loop.run(events::add, () -> false)));
      assertTrue(loop.frames() <= 5);
    }
    FrameLoop loop = loop(user -> answer(), silence, VoiceOutput.NONE);
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
            user -> {
              if (++frames[0] == 3) {
                throw failure;
              }
              return answer();
            },
            frames(() -> {}),
            output(this::hang));
    assertSame(
        failure,
        assertThrows(IllegalStateException.class, () -> mute.run(events::add, () -> false)));
    int[] read = {0};
    FrameLoop deaf =
        loop(
            user -> {
              throw failure;
            },
            frames(() -> {
              if (++read[0] == 2) {
                hang();
              }
            }),
            VoiceOutput.NONE);
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
        Mimi codec = Mimi.open(DEMO.resolve("mimi.safetensors"), DEMO.resolve("mimi.json"), 8);
        Microphone microphone =
            Microphone.open(AudioDevices.input(null, Map.of()), _ -> {}, warnings);
        Speaker speaker =
            Speaker.open(AudioDevices.output(null, Map.of()), Speaker.Listener.NONE, warnings)) {
      FrameLoop loop =
          new FrameLoop(
              new EncodedAudio(new FirstFrames(microphone, frames), codec),
              user -> slowly(answer()),
              text,
              new DecodedAudio(speaker, Optional.empty(), codec),
              warnings);
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

  private static Answer slowly(Answer answer) {
    try {
      TimeUnit.MILLISECONDS.sleep(110);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return answer;
  }
}
