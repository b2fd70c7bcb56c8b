package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.MlxScope;
import io.moshimlx.mlx.Safetensors;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a frame costs is told whole, and its figures agree with each other. */
class BenchTest {
  private static final List<String> STAGES =
      List.of("encode_ms", "model_ms", "host_ms", "evaluation_ms", "decode_ms", "total_ms");

  private static JsonObject bench(Object... options) {
    Object[] arguments = new Object[options.length + 4];
    System.arraycopy(new Object[] {"bench", "--json", "--model", Cli.DEMO}, 0, arguments, 0, 4);
    System.arraycopy(options, 0, arguments, 4, options.length);
    return JsonParser.parseString(Cli.run(arguments).succeeded().out()).getAsJsonObject();
  }

  @Test
  void theFiguresAgreeWithEachOther() {
    JsonObject all = bench("--quant", "q8", "--frames", 20);
    assertEquals(Cli.DEMO.resolve("model.q8.safetensors").toString(), string(all, "model"));
    assertEquals("q8", string(all, "quant"));
    assertTrue(!string(all, "device").isEmpty());
    assertEquals(20, number(all, "frames"));
    for (String stage : STAGES) {
      JsonObject times = all.getAsJsonObject(stage);
      assertTrue(number(times, "p50") > 0, stage);
      assertTrue(number(times, "p50") <= number(times, "p99"), stage);
      assertTrue(
          number(times, "p50") <= number(all.getAsJsonObject("total_ms"), "p50"),
          stage + " is a part of all");
    }
    assertEquals(
        number(all.getAsJsonObject("total_ms"), "p50") / 80, number(all, "real_time_factor"), 1e-9);
    assertEquals(1, number(all, "evals"));
    assertTrue(number(all, "primitives") > 100);
    assertTrue(number(all, "load_s") > 0);
    assertTrue(number(all, "load_s") < number(all, "first_frame_s"));
    assertTrue(number(all, "peak_memory_bytes") > number(all, "weights_bytes"));
    assertEquals(
        number(all, "weights_bytes") / (number(all.getAsJsonObject("model_ms"), "p50") * 1e-3),
        number(all, "weights_bytes_per_s"),
        1);
    assertEquals(
        number(all, "weights_bytes_per_s") / number(all, "read_bytes_per_s"),
        number(all, "read_share"),
        1e-9);
  }

  /** All of the file, in the type it is stored in, but of each embedding one row. */
  @Test
  void theBytesOfAFrameAreThoseOfTheFile() {
    long expected = 0;
    try (MlxScope _ = MlxScope.open()) {
      Map<String, MlxArray> tensors = Safetensors.load(Cli.DEMO.resolve("model.q4.safetensors"));
      for (Map.Entry<String, MlxArray> entry : tensors.entrySet()) {
        MlxArray tensor = entry.getValue();
        boolean embedding =
            entry
                .getKey()
                .matches("(text_emb|audio_embs\\.\\d+|.*\\.emb)\\.(weight|scales|biases)");
        expected += embedding ? tensor.nbytes() / tensor.dim(0) : tensor.nbytes();
        tensor.close();
      }
    }
    JsonObject all = bench("--quant", "q4", "--frames", 1, "--dtype", "bfloat16");
    assertEquals(expected, all.get("weights_bytes").getAsLong());
  }

  @Test
  void peopleGetATable() {
    String out = Cli.run("bench", "--model", Cli.DEMO, "--frames", 2).succeeded().out();
    for (String line :
        List.of(
            "2 frames of 80 ms +p50 +p99",
            "  encode +\\d+\\.\\d\\d ms +\\d+\\.\\d\\d ms",
            "    graph building +\\d+\\.\\d\\d ms +\\d+\\.\\d\\d ms",
            "a step of the model +\\d+ primitives, 1 eval",
            "weights a frame +.* of the .*B/s of a plain read")) {
      assertTrue(out.lines().anyMatch(l -> l.matches(line)), line + " in:\n" + out);
    }
  }

  @Test
  void refusesWhatCannotBeMeasured() {
    for (Object frames : List.of(0, -1)) {
      Cli.Result result = Cli.run("bench", "--model", Cli.DEMO, "--frames", frames);
      assertEquals(2, result.status());
      assertTrue(result.err().contains("--frames must be at least 1, not " + frames), result.err());
    }
    Cli.run("bench", "--model", "/nowhere/at/all").failedNaming("/nowhere/at/all");
  }

  private static String string(JsonObject object, String name) {
    return object.get(name).getAsString();
  }

  private static double number(JsonObject object, String name) {
    return object.get(name).getAsDouble();
  }
}
