package io.moshimlx.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.moshimlx.checkpoint.LmConfig;
import io.moshimlx.checkpoint.Sampling;
import io.moshimlx.dialogue.StepInput;
import io.moshimlx.dialogue.TokenStreams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Conversations that share a model get the tokens that each would get alone. */
final class SharedModelTest {
  private static final int STEPS = 40;

  /** A conversation whose user says something random. */
  private static final class Conversation implements AutoCloseable {
    private final LmConfig config;
    private final LmGenerator generator;
    private final TokenStreams streams;
    private final SplittableRandom user;
    private final List<String> said = new ArrayList<>();

    Conversation(Lm lm, long seed, double cfgCoef) {
      config = lm.config();
      Sampling.Defaults sampling = Sampling.Defaults.UPSTREAM;
      generator = new LmGenerator(lm, sampling.text(), sampling.audio(), cfgCoef, seed);
      streams = new TokenStreams(config);
      user = new SplittableRandom(seed);
    }

    /** Reads a prompt of some steps at once. */
    Conversation prompted() {
      int[] tokens = user.ints(1 + config.codebooks(), 0, config.card()).toArray();
      generator.read(tokens, tokens, tokens);
      return this;
    }

    void step() {
      int[] frame = user.ints(config.userCodebooks(), 0, config.card()).toArray();
      StepInput input = streams.next(frame);
      int[] tokens = generator.step(input.tokens(), input.given());
      streams.complete(tokens);
      said.add(Arrays.toString(tokens));
    }

    List<String> said() {
      return said;
    }

    List<String> all() {
      while (said.size() < STEPS) {
        step();
      }
      return said;
    }

    @Override
    public void close() {
      generator.close();
    }
  }

  /** The last one of these models runs past its context. */
  @ParameterizedTest
  @CsvSource({
    "f32-7b-like, AB",
    "q4, ABBA",
    "depformer-rope, AAB",
    "guided, AB",
    "guided, BBABAAA",
    "short-context, BAAAAAAAAAAAAABBBBBBBBBB"
  })
  void stepsInTurnGiveTheTokensOfStepsAlone(String name, String order) {
    Golden golden = Golden.of(name);
    try (Lm lm = golden.load()) {
      List<String> first;
      List<String> second;
      try (Conversation a = new Conversation(lm, 1, 1)) {
        first = a.all();
      }
      try (Conversation b = new Conversation(lm, 2, golden.cfgCoef()).prompted()) {
        second = b.all();
      }
      try (Conversation a = new Conversation(lm, 1, 1);
          Conversation b = new Conversation(lm, 2, golden.cfgCoef()).prompted()) {
        for (int i = 0; a.said().size() < STEPS || b.said().size() < STEPS; i++) {
          (order.charAt(i % order.length()) == 'A' ? a : b).step();
        }
        assertEquals(first, a.said().subList(0, STEPS));
        assertEquals(second, b.said().subList(0, STEPS));
      }
    }
  }

  @Test
  void othersMayComeAndGo() {
    Golden golden = Golden.of("guided");
    try (Lm lm = golden.load();
        Conversation lasting = new Conversation(lm, 1, golden.cfgCoef())) {
      List<String> alone;
      try (Conversation a = new Conversation(lm, 1, golden.cfgCoef())) {
        alone = a.all();
      }
      for (int i = 0; i < STEPS; i += 2) {
        lasting.step();
        try (Conversation passing = new Conversation(lm, i, i % 3)) {
          passing.prompted().step();
        }
        lasting.step();
      }
      assertEquals(alone, lasting.said());
    }
  }
}
