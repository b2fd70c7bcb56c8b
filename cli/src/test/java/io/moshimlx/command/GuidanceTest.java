package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.moshimlx.audio.Wavs;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.MlxScope;
import io.moshimlx.mlx.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guidance of the demo model, which is told how well to speak here. */
class GuidanceTest {
  private static final String WEIGHTS = "model.safetensors";
  private static final String CONDITIONING =
      """
      {
        "conditioners": {
          "description": {
            "type": "lut",
            "lut": {
              "n_bins": 2, "dim": 4, "tokenizer": "noop", "possible_values": ["very_bad", "very_good"]
            }
          }
        },
        "fuser": {"sum": ["description"]}
      }
      """;

  @TempDir Path folder;
  private Path model;
  private Path input;

  @BeforeEach
  void copyTheDemo() throws IOException {
    model = Files.createDirectory(folder.resolve("model"));
    try (Stream<Path> files = Files.list(Cli.DEMO)) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    input = Wavs.tone(folder.resolve("in.wav"), 0.8);
  }

  private String events(Object... options) {
    Cli.Result result = run(options).succeeded();
    return result.out().replaceAll("\"ms\":\\{[^}]*}|\"stats\":\\{.*}", "");
  }

  private Cli.Result run(Object... options) {
    return Cli.run(
        Stream.concat(
                Stream.of("run", "--model", model, "--quant", "bf16", "--input", input),
                Stream.concat(Stream.of("--temp", "0", "--events", "-"), Stream.of(options)))
            .toArray());
  }

  private void condition() throws IOException {
    Random random = new Random(1);
    String prefix = "condition_provider.conditioners.description.";
    try (MlxScope _ = MlxScope.open()) {
      Map<String, MlxArray> tensors = Safetensors.load(model.resolve(WEIGHTS));
      tensors.put(prefix + "embed.weight", random(random, 3, 4));
      tensors.put(prefix + "output_proj.weight", random(random, 64, 4));
      tensors.put(prefix + "learnt_padding", random(random, 1, 1, 64));
      Path changed = folder.resolve(WEIGHTS);
      Safetensors.save(changed, tensors, Map.of());
      tensors.values().forEach(MlxArray::close);
      Files.delete(model.resolve(WEIGHTS));
      Files.move(changed, model.resolve(WEIGHTS));
    }
    configure(JsonParser.parseString(CONDITIONING).getAsJsonObject());
  }

  private static MlxArray random(Random random, int... shape) {
    float[] values = new float[shape[0] * shape[1] * (shape.length > 2 ? shape[2] : 1)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return MlxArray.of(values, shape);
  }

  private void configure(JsonObject more) throws IOException {
    Path file = model.resolve("config.json");
    JsonObject config = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    more.entrySet().forEach(entry -> config.add(entry.getKey(), entry.getValue()));
    Files.writeString(file, config.toString());
  }

  @Test
  void theOptionTakesThePlaceOfTheModels() throws IOException {
    condition();
    String none = events();
    String guided = events("--cfg-coef", "3");
    assertNotEquals(none, guided);
    configure(JsonParser.parseString("{\"lm_gen_config\": {\"cfg_coef\": 3}}").getAsJsonObject());
    assertEquals(guided, events());
    assertEquals(none, events("--cfg-coef", "1"));
  }

  @Test
  void aModelThatIsToldNothingCannotBeGuided() throws IOException {
    run("--cfg-coef", "2").failedNaming("cfg_coef", "2.0", "--cfg-coef 1");
    configure(JsonParser.parseString("{\"lm_gen_config\": {\"cfg_coef\": 3}}").getAsJsonObject());
    run().failedNaming("cfg_coef", "3.0", "--cfg-coef 1");
  }

  @Test
  void aModelThatOnlyWritesIsRefused() throws IOException {
    configure(JsonParser.parseString("{\"dep_q\": 0}").getAsJsonObject());
    run().failedNaming(WEIGHTS, "dep_q");
  }
}
