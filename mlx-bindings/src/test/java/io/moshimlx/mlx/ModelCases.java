package io.moshimlx.mlx;

import static io.moshimlx.mlx.Creation.ones;
import static io.moshimlx.mlx.Elementwise.subtract;
import static io.moshimlx.mlx.Indexing.slice;
import static io.moshimlx.mlx.Linalg.addmm;
import static io.moshimlx.mlx.Linalg.dequantize;
import static io.moshimlx.mlx.Linalg.gatherQmm;
import static io.moshimlx.mlx.Linalg.matmul;
import static io.moshimlx.mlx.Linalg.quantize;
import static io.moshimlx.mlx.Linalg.quantizedMatmul;
import static io.moshimlx.mlx.Shapes.swapaxes;
import static io.moshimlx.mlx.Shapes.transpose;

import io.moshimlx.mlx.Linalg.Quantized;
import io.moshimlx.mlx.nn.Embedding;
import io.moshimlx.mlx.nn.Linear;
import io.moshimlx.mlx.nn.QuantizedEmbedding;
import io.moshimlx.mlx.nn.QuantizedLinear;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/** What Java computes for the goldens of what models are built from. */
final class ModelCases {
  private final Goldens goldens;
  private final Map<String, Supplier<MlxArray[]>> cases = new TreeMap<>();

  private ModelCases(Goldens goldens) {
    this.goldens = goldens;
  }

  static Map<String, Supplier<MlxArray[]>> of(Goldens goldens) {
    ModelCases c = new ModelCases(goldens);
    c.products();
    c.fast();
    c.random();
    c.layers();
    c.compiled();
    return c.cases;
  }

  private MlxArray in(String name) {
    return goldens.inputs().get(name).array();
  }

  private void one(String name, Supplier<MlxArray> result) {
    cases.put(name, () -> new MlxArray[] {result.get()});
  }

  private MlxArray[] parts(Quantized q) {
    return new MlxArray[] {q.weight(), q.scales(), q.biases()};
  }

  private void products() {
    one("matmul", () -> matmul(in("m1"), in("m2")));
    one("matmul broadcast", () -> matmul(in("m1"), in("m3")));
    one("addmm", () -> addmm(in("m4"), in("m1"), in("m2")));
    for (int bits : new int[] {4, 8}) {
      for (int group : new int[] {32, 64}) {
        quantised(bits, group);
      }
    }
    one(
        "quantized_matmul plain",
        () -> {
          Quantized q = quantize(in("w"), 32, 4);
          MlxArray left = slice(in("m1"), 2, 0, 4);
          MlxArray right = slice(swapaxes(in("m4"), 1, 2), 2, 0, 3);
          MlxArray x = matmul(matmul(left, right), ones(DType.FLOAT32, 2, 3, 8));
          return quantizedMatmul(x, q.weight(), q.scales(), q.biases(), false, 32, 4);
        });
    cases.put("quantize bfloat16", () -> parts(quantize(in("wbf"), 32, 4)));
    one(
        "quantized_matmul bfloat16",
        () -> {
          Quantized q = quantize(in("wbf"), 32, 4);
          return quantizedMatmul(in("wbfx"), q.weight(), q.scales(), q.biases(), true, 32, 4);
        });
    one("gather_qmm", () -> gathered(null));
    one("gather_qmm lhs", () -> gathered(MlxArray.ofUint32(new int[] {1, 0}, 2)));
  }

  private MlxArray gathered(MlxArray lhs) {
    Quantized q = quantize(in("stacked"), 32, 4);
    return gatherQmm(
        in("stackedx"), q.weight(), q.scales(), q.biases(), lhs, in("pick"), true, 32, 4);
  }

  private void quantised(int bits, int group) {
    String tag = " q" + bits + " " + group;
    cases.put("quantize" + tag, () -> parts(quantize(in("w"), group, bits)));
    one(
        "dequantize" + tag,
        () -> {
          Quantized q = quantize(in("w"), group, bits);
          return dequantize(q.weight(), q.scales(), q.biases(), group, bits);
        });
    one(
        "quantized_matmul" + tag,
        () -> {
          Quantized q = quantize(in("w"), group, bits);
          return quantizedMatmul(in("wx"), q.weight(), q.scales(), q.biases(), true, group, bits);
        });
    one("QuantizedEmbedding" + tag, () -> embedding(group, bits).apply(in("ids")));
    one("QuantizedLinear" + tag, () -> linear(group, bits, in("bias")).apply(in("wx")));
    one("QuantizedLinear" + tag + " no bias", () -> linear(group, bits, null).apply(in("wx")));
  }

  private QuantizedEmbedding embedding(int group, int bits) {
    Quantized q = quantize(in("w"), group, bits);
    return new QuantizedEmbedding(q.weight(), q.scales(), q.biases(), group, bits);
  }

  private QuantizedLinear linear(int group, int bits, MlxArray bias) {
    Quantized q = quantize(in("w"), group, bits);
    return new QuantizedLinear(q.weight(), q.scales(), q.biases(), bias, group, bits);
  }

  private void fast() {
    one("rms_norm", () -> Fast.rmsNorm(in("x"), in("norm_weight"), 1e-5f));
    one("rms_norm plain", () -> Fast.rmsNorm(in("x"), null, 1e-5f));
    one("rms_norm bfloat16", () -> Fast.rmsNorm(in("bf"), in("bnorm_weight"), 1e-8f));
    for (boolean traditional : new boolean[] {false, true}) {
      for (int offset : new int[] {0, 11}) {
        String tag = " " + traditional + " " + offset;
        one("rope" + tag, () -> Fast.rope(in("queries"), 16, traditional, 10000, 1, offset));
      }
    }
    one("rope partial", () -> Fast.rope(in("queries"), 8, true, 500, 0.5f, 3));
    one("rope bfloat16", () -> Fast.rope(in("bqueries"), 16, true, 10000, 1, 2));
    one("attention", () -> attention(null));
    one("attention added mask", () -> attention(in("add_mask")));
    one("attention seen mask", () -> attention(in("see_mask")));
    one(
        "attention one query",
        () ->
            Fast.scaledDotProductAttention(
                slice(in("queries"), 2, 0, 1), in("keys"), in("values"), 0.25f, null));
    one(
        "attention bfloat16",
        () ->
            Fast.scaledDotProductAttention(
                in("bqueries"), in("bkeys"), in("bvalues"), 0.25f, null));
  }

  private MlxArray attention(MlxArray mask) {
    return Fast.scaledDotProductAttention(in("queries"), in("keys"), in("values"), 0.25f, mask);
  }

  private void random() {
    one("random key", () -> Random.key(42));
    one("random key large", () -> Random.key(Long.MIN_VALUE + 12345));
    cases.put("random split", () -> Random.split(Random.key(42)));
    one("random uniform", () -> Random.uniform(Random.key(42), 0, 1, DType.FLOAT32, 3, 5));
    one("random uniform range", () -> Random.uniform(Random.key(42), -2, 3, DType.FLOAT32, 7));
    one("random uniform bfloat16", () -> Random.uniform(Random.key(42), 0, 1, DType.BFLOAT16, 7));
  }

  private void layers() {
    one("Linear", () -> new Linear(transpose(in("w")), in("bias")).apply(in("wx")));
    one("Linear no bias", () -> new Linear(transpose(in("w")), null).apply(in("wx")));
    one("Embedding", () -> new Embedding(in("w")).apply(in("ids")));
  }

  private static MlxArray[] gate(MlxArray[] in) {
    MlxArray silu = Elementwise.multiply(in[0], Elementwise.sigmoid(in[0]));
    return new MlxArray[] {Elementwise.add(Elementwise.multiply(silu, in[1]), 1f)};
  }

  private void compiled() {
    one(
        "compile",
        () -> {
          try (MlxFunction f = Transforms.compile(ModelCases::gate, false)) {
            return f.apply1(in("x"), in("y"));
          }
        });
    one(
        "compile shapeless",
        () -> {
          try (MlxFunction f = Transforms.compile(ModelCases::gate, true)) {
            f.apply1(in("x"), in("y"));
            return f.apply1(in("m1"), in("m1"));
          }
        });
    cases.put(
        "compile two results",
        () -> {
          try (MlxFunction f =
              Transforms.compile(
                  in ->
                      new MlxArray[] {
                        subtract(Elementwise.exp(in[0]), 1f), Reductions.sum(in[0], -1, false)
                      },
                  false)) {
            return f.apply(in("x"));
          }
        });
  }
}
