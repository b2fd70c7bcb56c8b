package io.moshimlx.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.moshimlx.checkpoint.Sampling;
import io.moshimlx.dialogue.StepInput;
import io.moshimlx.dialogue.TokenStreams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * No step uses an array of an earlier one that nobody retained. Such a use goes unnoticed where the
 * Java objects of arrays are reused, and throws without that.
 */
final class StaleArraysTest {
  private static final String RECYCLE = "moshimlx.recycle";

  @AfterEach
  void recycleAgain() {
    System.clearProperty(RECYCLE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"f32-7b-like", "q4", "depformer-rope", "guided", "short-context"})
  void withoutRecyclingStepsRunAndGiveTheSameTokens(String name) {
    Golden golden = Golden.of(name);
    try (Lm lm = golden.load()) {
      List<String> recycled = tokens(lm, golden);
      System.setProperty(RECYCLE, "false");
      assertEquals(recycled, tokens(lm, golden));
    }
  }

  private static List<String> tokens(Lm lm, Golden golden) {
    Sampling.Defaults sampling = Sampling.Defaults.UPSTREAM;
    List<String> all = new ArrayList<>();
    try (LmGenerator generator =
        new LmGenerator(lm, sampling.text(), sampling.audio(), golden.cfgCoef(), 1)) {
      TokenStreams streams = new TokenStreams(lm.config());
      for (int step = 0; step < golden.steps(); step++) {
        StepInput input = streams.next(golden.tokens("user_tokens", step));
        int[] tokens = generator.step(input.tokens(), input.given());
        streams.complete(tokens);
        all.add(Arrays.toString(tokens));
      }
    }
    return all;
  }
}
