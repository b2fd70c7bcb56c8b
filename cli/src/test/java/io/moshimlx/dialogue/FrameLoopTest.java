package io.moshimlx.dialogue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.Clock;
import io.moshimlx.FakeClock;
import io.moshimlx.event.EndReason;
import io.moshimlx.event.Event;
import io.moshimlx.event.FrameEvent;
import io.moshimlx.event.WarningEvent;
import io.moshimlx.text.StreamingDecoder;
import io.moshimlx.text.TextTokens;
import io.moshimlx.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

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
    return new FrameLoop(Clock.SYSTEM, input, model, text, output, new Warnings());
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

  @Test
  void aModelThatIsTooSlowForALiveSessionIsReportedOnce() {
    FakeClock time = new FakeClock();
    int[] left = {300};
    UserInput microphone =
        () -> {
          time.pass(80);
          UserFrame frame = new UserFrame(new int[8], new float[0], time.nanoTime(), 0, 5);
          return left[0]-- > 0 ? Optional.of(frame) : Optional.empty();
        };
    StepModel slow =
        user -> {
          time.pass(110);
          return answer();
        };
    FrameLoop loop = new FrameLoop(time, microphone, slow, text, VoiceOutput.NONE, new Warnings());
    assertEquals(EndReason.INPUT_ENDED, loop.run(events::add, () -> false));

    List<FrameEvent> frames = of(FrameEvent.class);
    assertEquals(300, frames.size());
    assertEquals(110, frames.getLast().ms().model(), 1e-6);
    // A frame in each hand-off waits for the step of the one before.
    assertEquals(5 + 2 * 110, frames.getLast().lagMs(), 30);
    assertEquals(List.of("slow"), of(WarningEvent.class).stream().map(WarningEvent::code).toList());
    String message = of(WarningEvent.class).getFirst().message();
    assertTrue(message.startsWith("a frame takes 110 ms, but lasts only 80: "), message);
    assertEquals(300 * 0.11, loop.stats().wallSeconds(), 0.2);
    assertEquals(0, time.threads());
  }

  private <E extends Event> List<E> of(Class<E> type) {
    return events.stream().filter(type::isInstance).map(type::cast).toList();
  }
}
