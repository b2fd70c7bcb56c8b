package io.moshimlx.dialogue;

import io.moshimlx.checkpoint.LmConfig;
import io.moshimlx.checkpoint.Quantization;
import io.moshimlx.checkpoint.Sampling;
import io.moshimlx.engine.MemoryLimits;
import io.moshimlx.model.Lm;
import io.moshimlx.model.LmGenerator;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.StringJoiner;

/**
 * The worker that scripts/compare-upstream drives: prints "ready" and the seconds that loading and
 * the first step took, then for each line with a number runs that many steps on random user tokens
 * and prints their milliseconds as a JSON array.
 */
final class StepBenchmark {
  private StepBenchmark() {}

  /** Arguments: the config.json and the checkpoint. */
  public static void main(String[] args) throws IOException {
    long start = System.nanoTime();
    LmConfig config = LmConfig.read(Path.of(args[0]));
    Path weights = Path.of(args[1]);
    Quantization quantization = Quantization.ofFile(weights.getFileName().toString());
    Sampling.Defaults sampling = Sampling.Defaults.UPSTREAM;
    try (Lm lm = Lm.load(config, weights, quantization, Optional.empty());
        LmGenerator generator = new LmGenerator(lm, sampling.text(), sampling.audio(), 1, 0);
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      MemoryLimits.apply();
      TokenStreams streams = new TokenStreams(lm.config());
      SplittableRandom random = new SplittableRandom(0);
      run(generator, streams, random, lm, 1);
      System.out.println("ready " + (System.nanoTime() - start) * 1e-9);
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        System.out.println(run(generator, streams, random, lm, Integer.parseInt(line.strip())));
      }
    }
  }

  private static String run(
      LmGenerator generator, TokenStreams streams, SplittableRandom random, Lm lm, int steps) {
    StringJoiner milliseconds = new StringJoiner(", ", "[", "]");
    for (int i = 0; i < steps; i++) {
      int[] user = random.ints(lm.config().userCodebooks(), 0, lm.config().card()).toArray();
      long start = System.nanoTime();
      streams.complete(generator.step(streams.next(user).tokens()));
      milliseconds.add(Double.toString((System.nanoTime() - start) * 1e-6));
    }
    return milliseconds.toString();
  }
}
