package io.moshimlx.dialogue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.UserException;
import io.moshimlx.audio.AudioSink;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.checkpoint.Sampling;
import io.moshimlx.engine.LoadedModel;
import io.moshimlx.engine.MemoryEstimate;
import io.moshimlx.engine.ModelPool;
import io.moshimlx.event.EndReason;
import io.moshimlx.event.Event;
import io.moshimlx.event.FrameEvent;
import io.moshimlx.event.SessionEvent;
import io.moshimlx.mlx.DType;
import io.moshimlx.model.Lm;
import io.moshimlx.model.TextBias;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several conversations on one model. */
@Timeout(300)
final class DialogueTest {
  private static final int FRAMES = 30;

  private final ModelFiles files =
      ModelFiles.find(Path.of("src/test/resources/random-model"), Optional.empty());

  private static Dialogue.Options options(int conversation) {
    Sampling sampling = new Sampling(0.8, 0, 0, 0);
    return new Dialogue.Options(sampling, sampling, TextBias.NONE, 1, conversation);
  }

  /** A voice of its own for each conversation; the first frame waits for all others. */
  private static final class Noise implements AudioSource {
    private final Random random;
    private final CountDownLatch together;
    private int frames;

    Noise(int conversation, CountDownLatch together) {
      random = new Random(conversation);
      this.together = together;
      together.countDown();
    }

    @Override
    public boolean read(float[] frame) {
      try {
        together.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      for (int i = 0; i < frame.length; i++) {
        frame[i] = random.nextFloat() - 0.5f;
      }
      return frames++ < FRAMES;
    }

    @Override
    public long totalFrames() {
      return FRAMES;
    }

    @Override
    public void close() {}
  }

  /** All that a conversation heard and said, a line a frame. */
  private static List<String> talk(Dialogue dialogue, int conversation, CountDownLatch together) {
    List<String> frames = new ArrayList<>();
    EndReason reason =
        dialogue.run(
            new SessionEvent("random", "bf16", null, conversation, 24_000, 1920),
            dialogue.hearing(new Noise(conversation, together)),
            dialogue.speaking(AudioSink.NONE, Optional.empty()),
            new Warnings(),
            event -> describe(event).ifPresent(frames::add),
            () -> false);
    assertEquals(EndReason.INPUT_ENDED, reason);
    assertEquals(FRAMES, frames.size());
    return frames;
  }

  private static Optional<String> describe(Event event) {
    return event instanceof FrameEvent frame
        ? Optional.of(
            Arrays.toString(frame.userTokens())
                + frame.textToken()
                + Arrays.toString(frame.audioTokens()))
        : Optional.empty();
  }

  private List<String> alone(int conversation) {
    try (ModelPool pool = ModelPool.unlimited();
        LoadedModel model = pool.open(files, Optional.empty());
        Dialogue dialogue = Dialogue.open(model, options(conversation))) {
      return talk(dialogue, conversation, new CountDownLatch(1));
    }
  }

  @Test
  void fourAtOnceSayWhatEachSaysAlone() throws Exception {
    int conversations = 4;
    List<List<String>> together = new ArrayList<>();
    CountDownLatch begun = new CountDownLatch(conversations);
    try (var callers = Executors.newFixedThreadPool(conversations);
        ModelPool pool = ModelPool.unlimited();
        LoadedModel _ = pool.open(files, Optional.empty())) {
      List<Future<List<String>>> talks = new ArrayList<>();
      for (int i = 0; i < conversations; i++) {
        int conversation = i;
        talks.add(
            callers.submit(() -> {
              try (LoadedModel same = pool.open(files, Optional.empty());
                  Dialogue dialogue = Dialogue.open(same, options(conversation))) {
                return talk(dialogue, conversation, begun);
              }
            }));
      }
      for (Future<List<String>> talk : talks) {
        together.add(talk.get());
      }
    }
    for (int i = 0; i < conversations; i++) {
      assertEquals(alone(i), together.get(i));
    }
    assertTrue(!together.get(0).equals(together.get(1)), "each has a user and draws of its own");
  }

  @Test
  void theFifthThatDoesNotFitIsRefusedWithTheArithmetic() {
    MemoryEstimate estimate = MemoryEstimate.of(files);
    Optional<DType> computed = Lm.computed(Optional.empty());
    long model = estimate.modelBytes(computed);
    long each = estimate.conversationBytes(computed);
    try (ModelPool pool = ModelPool.of(model + 4 * each + each / 2);
        LoadedModel loaded = pool.open(files, Optional.empty())) {
      List<Dialogue> four = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        four.add(Dialogue.open(loaded, options(i)));
      }
      UserException refusal =
          assertThrows(UserException.class, () -> Dialogue.open(loaded, options(4)));
      assertTrue(
          refusal
              .getMessage()
              .matches(
                  "one more conversation takes [0-9.]+ MB, but of [0-9.]+ MB for models and"
                      + " conversations [0-9.]+ MB are taken and [0-9.]+ MB left; .*"),
          refusal.getMessage());
      four.removeLast().close();
      four.add(Dialogue.open(loaded, options(4)));
      four.forEach(Dialogue::close);
    }
    try (ModelPool pool = ModelPool.of(model - 1)) {
      assertThrows(UserException.class, () -> pool.open(files, Optional.empty()));
    }
  }
}
