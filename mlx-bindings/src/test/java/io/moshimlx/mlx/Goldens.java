package io.moshimlx.mlx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What Python's MLX computed, and the inputs it computed it from. */
record Goldens(Map<String, Tensor> inputs, Map<String, List<Tensor>> cases) {
  private static final Path FOLDER = Path.of("src/test/resources/goldens");

  static Goldens load() {
    try (var in =
        new InputStreamReader(
            Goldens.class.getResourceAsStream("/goldens/ops.json"), StandardCharsets.UTF_8)) {
      return new Gson().fromJson(in, Goldens.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path file(String name) {
    return FOLDER.resolve(name);
  }

  /** A tensor; bfloat16 and float16 values are exact as float32. */
  record Tensor(String dtype, List<Integer> shape, List<Double> values) {
    DType type() {
      return DType.valueOf(dtype.toUpperCase(Locale.ROOT));
    }

    private int[] dims() {
      return shape.stream().mapToInt(Integer::intValue).toArray();
    }

    MlxArray array() {
      if (type().isFloating()) {
        float[] floats = new float[values.size()];
        for (int k = 0; k < floats.length; k++) {
          floats[k] = values.get(k).floatValue();
        }
        return Elementwise.astype(MlxArray.of(floats, dims()), type());
      }
      int[] ints = values.stream().mapToInt(value -> (int) value.longValue()).toArray();
      return Elementwise.astype(MlxArray.ofUint32(ints, dims()), type());
    }

    private static boolean onCpu() {
      return Device.getDefault() == Device.Type.CPU;
    }

    /**
     * On a CPU integers and booleans must be equal, floats within the rounding of their type;
     * elsewhere only types and shapes.
     */
    void assertMatches(String name, MlxArray actual) {
      assertEquals(type(), actual.dtype(), name);
      assertArrayEquals(dims(), actual.shape(), name);
      if (!onCpu()) {
        Transforms.eval(actual);
        return;
      }
      if (!type().isFloating()) {
        int[] ints = values.stream().mapToInt(value -> (int) value.longValue()).toArray();
        assertArrayEquals(ints, actual.toInts(), name);
        return;
      }
      double relative =
          switch (type()) {
            case BFLOAT16 -> 1.0 / 128;
            case FLOAT16 -> 1.0 / 1024;
            // The same key gives the same bits.
            default -> name.startsWith("random") ? 0 : 1e-5;
          };
      float[] floats = actual.toFloats();
      assertEquals(values.size(), floats.length, name);
      double scale = values.stream().mapToDouble(Math::abs).max().orElse(0);
      for (int k = 0; k < floats.length; k++) {
        float expected = values.get(k).floatValue();
        double allowed = relative * Math.max(Math.abs(expected), 0.1 * scale);
        if (expected != floats[k]) {
          assertEquals(expected, floats[k], allowed, name + " at " + k);
        }
      }
    }
  }
}
