package io.moshimlx.dialogue;

import io.moshimlx.audio.AudioSource;
import io.moshimlx.bench.Tone;
import io.moshimlx.checkpoint.LmConfig;
import io.moshimlx.checkpoint.Precision;
import io.moshimlx.checkpoint.Sampling;
import io.moshimlx.engine.MemoryLimits;
import io.moshimlx.mimi.Mimi;
import io.moshimlx.mimi.MimiDecoder;
import io.moshimlx.mimi.MimiEncoder;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.Device;
import io.moshimlx.mlx.Memory;
import io.moshimlx.model.Lm;
import io.moshimlx.model.LmGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What a conversation takes of memory, part by part; Linux tells it. See scripts/memory. */
final class MemoryBenchmark {
  private static final int CODEC_FRAMES = 150;

  /** Held to the end, so that all is counted. */
  private static final List<AutoCloseable> KEPT = new ArrayList<>();

  private MemoryBenchmark() {}

  /** Arguments: codec, codebooks, config.json, checkpoint, steps. */
  public static void main(String[] args) throws IOException {
    Mimi.version();
    Device.describe();
    double start = resident("JVM and native libraries", 0);
    int steps = Integer.parseInt(args[4]);
    try (Mimi codec = Mimi.open(Path.of(args[0]), Integer.parseInt(args[1]))) {
      code(codec);
      double withCodec = resident("codec, %s codebooks".formatted(args[1]), start);
      Lm lm = load(Path.of(args[2]), Path.of(args[3]));
      converse(lm, steps);
      double one = resident("language model", withCodec);
      say("of that MLX's arrays", Memory.active() * 1e-6);
      say("all but those and the codec", one - (withCodec - start) - Memory.active() * 1e-6);
      code(codec);
      converse(lm, steps);
      double _ = resident("a second conversation", one);
      say("of that its KV cache", lm.config().cacheValues() * DType.FLOAT32.size() * 1e-6);
    }
  }

  /** Leaves its streams where they are, to be counted. */
  private static void code(Mimi codec) {
    MimiEncoder encoder = codec.newEncoder();
    MimiDecoder decoder = codec.newDecoder();
    AudioSource tone = new Tone();
    float[] frame = new float[AudioSource.FRAME_SAMPLES];
    for (int i = 0; i < CODEC_FRAMES && tone.read(frame); i++) {
      decoder.decode(encoder.encode(frame));
    }
    KEPT.add(encoder);
    KEPT.add(decoder);
  }

  private static Lm load(Path config, Path weights) {
    Precision precision = Precision.ofFile(weights.getFileName().toString());
    Lm lm = Lm.load(LmConfig.read(config), weights, precision, Optional.empty());
    MemoryLimits.apply();
    return lm;
  }

  /** Leaves its arrays where they are, to be counted. */
  private static void converse(Lm lm, int steps) {
    Sampling.Defaults sampling = Sampling.Defaults.UPSTREAM;
    LmGenerator generator = new LmGenerator(lm, sampling.text(), sampling.audio(), 1, 0);
    KEPT.add(generator);
    TokenStreams streams = new TokenStreams(lm.config());
    int[] user = new int[lm.config().userCodebooks()];
    for (int i = 0; i < steps; i++) {
      streams.complete(generator.step(streams.next(user).tokens()));
    }
  }

  private static double resident(String what, double before) throws IOException {
    double megabytes =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("VmRSS:"))
            .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1.024e-3)
            .findFirst()
            .orElseThrow();
    say(what, megabytes - before);
    return megabytes;
  }

  private static void say(String what, double megabytes) {
    System.out.printf(Locale.ROOT, "%-28s %7.1f MB%n", what, megabytes);
  }
}
