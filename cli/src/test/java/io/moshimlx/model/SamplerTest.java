package io.moshimlx.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.moshimlx.checkpoint.Sampling;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.MlxScope;
import io.moshimlx.mlx.Random;
import java.io.IOException;
import java.nio.file.Files;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is kept and what is drawn is what moshi-mlx keeps and draws on the same logits and seed. */
final class SamplerTest {
  private static final Golden GOLDEN = Golden.of("samplers");

  record Case(JsonObject json) {
    String name() {
      return json.get("name").getAsString();
    }

    Sampling sampling() {
      return new Sampling(
          number("temp", 0), (int) number("top_k", 0), number("top_p", 0.95), number("min_p", 0));
    }

    private double number(String key, double fallback) {
      return json.has(key) ? json.get(key).getAsDouble() : fallback;
    }

    float[] logits() {
      return GOLDEN.values().get(json.get("logits").getAsString());
    }

    boolean keeps(int token) {
      return GOLDEN.values().get(json.get("kept").getAsString())[token] != 0;
    }

    @Override
    public String toString() {
      return name() + " of " + logits().length;
    }
  }

  /** All but those with upstream's {@code min_tokens_to_keep}, which no user can set. */
  static Stream<Case> cases() throws IOException {
    JsonArray cases =
        JsonParser.parseString(Files.readString(GOLDEN.directory().resolve("expected.json")))
            .getAsJsonArray();
    return StreamSupport.stream(cases.spliterator(), false)
        .map(JsonElement::getAsJsonObject)
        .filter(json -> !json.has("min_tokens_to_keep"))
        .map(Case::new);
  }

  static Stream<Case> drawingCases() throws IOException {
    return cases().filter(c -> c.sampling().temperature() > 0);
  }

  static Stream<Case> smallDrawingCases() throws IOException {
    return drawingCases().filter(c -> c.logits().length == 64);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void drawsUpstreamsTokens(Case c) {
    RandomDraws draws = new RandomDraws(c.json().get("seed").getAsLong());
    Sampler sampler = Sampler.of(c.sampling(), draws);
    try (MlxScope _ = MlxScope.open()) {
      MlxArray logits = MlxArray.of(c.logits());
      for (JsonElement expected : c.json().getAsJsonArray("tokens")) {
        assertEquals(expected.getAsInt(), sampler.sample(logits).itemInt());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("drawingCases")
  void keepsUpstreamsTokens(Case c) {
    TokenSampler sampler = new TokenSampler(c.sampling(), new RandomDraws(0));
    try (MlxScope _ = MlxScope.open()) {
      TokenSampler.Kept kept = sampler.keep(MlxArray.of(c.logits()));
      float[] probabilities = kept.probabilities().toFloats();
      int[] tokens = kept.tokens().map(MlxArray::toInts).orElse(null);
      boolean[] ours = new boolean[c.logits().length];
      boolean[] upstreams = new boolean[ours.length];
      for (int i = 0; i < probabilities.length; i++) {
        ours[tokens == null ? i : tokens[i]] = probabilities[i] > 0;
      }
      for (int i = 0; i < upstreams.length; i++) {
        upstreams[i] = c.keeps(i);
      }
      assertArrayEquals(upstreams, ours);
    }
  }

  /** Pearson's chi-square test at the 0.1% level, on cells of at least five expected draws. */
  @ParameterizedTest
  @MethodSource("smallDrawingCases")
  void frequenciesAreRight(Case c) {
    int draws = 4000;
    float[] logits = c.logits();
    double[] expected = new double[logits.length];
    double total = 0;
    for (int i = 0; i < logits.length; i++) {
      expected[i] = c.keeps(i) ? Math.exp(logits[i] / c.sampling().temperature()) : 0;
      total += expected[i];
    }
    int[] counts = counts(c, draws);
    double statistic = 0;
    double restExpected = 0;
    double restCount = 0;
    int cells = 0;
    for (int i = 0; i < logits.length; i++) {
      double cell = expected[i] / total * draws;
      if (cell >= 5) {
        statistic += Math.pow(counts[i] - cell, 2) / cell;
        cells++;
      } else {
        assertTrue(c.keeps(i) || counts[i] == 0, "token " + i + " is not kept, but was drawn");
        restExpected += cell;
        restCount += counts[i];
      }
    }
    if (restExpected >= 5) {
      statistic += Math.pow(restCount - restExpected, 2) / restExpected;
      cells++;
    }
    double freedom = cells - 1;
    // Wilson and Hilferty's approximation of the quantile.
    double limit =
        freedom * Math.pow(1 - 2 / (9 * freedom) + 3.09 * Math.sqrt(2 / (9 * freedom)), 3);
    assertTrue(cells == 1 || statistic < limit, "chi-square " + statistic + " of " + limit);
  }

  private static int[] counts(Case c, int draws) {
    Sampler sampler = Sampler.of(c.sampling(), new RandomDraws(20));
    int[] counts = new int[c.logits().length];
    for (int i = 0; i < draws; i++) {
      try (MlxScope _ = MlxScope.open()) {
        counts[sampler.sample(MlxArray.of(c.logits())).itemInt()]++;
      }
    }
    return counts;
  }

  @Test
  void theNumbersDrawnAreMlxs() {
    RandomDraws draws = new RandomDraws(0x1234_5678_9ABC_DEFL);
    try (MlxScope _ = MlxScope.open()) {
      MlxArray key = Random.key(0x1234_5678_9ABC_DEFL);
      for (int i = 0; i < 100; i++) {
        MlxArray[] halves = Random.split(key);
        key = halves[0];
        float expected = Random.uniform(halves[1], 0, 1, DType.FLOAT32, 1).itemFloat();
        assertEquals(expected, draws.uniform());
      }
    }
  }

  @Test
  void moreThanTheVocabularyIsNoLimit() {
    Sampling limited = Sampling.topK(0.8, 250);
    Sampling unlimited = new Sampling(0.8, 0, 0, 0);
    try (MlxScope _ = MlxScope.open()) {
      MlxArray logits = MlxArray.of(GOLDEN.values().get("logits.64"));
      for (int seed = 0; seed < 20; seed++) {
        assertEquals(
            Sampler.of(unlimited, new RandomDraws(seed)).sample(logits).itemInt(),
            Sampler.of(limited, new RandomDraws(seed)).sample(logits).itemInt());
      }
    }
  }
}
