package io.moshimlx.mlx;

import static io.moshimlx.mlx.Creation.arange;
import static io.moshimlx.mlx.Creation.ones;
import static io.moshimlx.mlx.Creation.zeros;
import static io.moshimlx.mlx.Elementwise.astype;
import static io.moshimlx.mlx.Indexing.putAlongAxis;
import static io.moshimlx.mlx.Indexing.slice;
import static io.moshimlx.mlx.Indexing.sliceUpdate;
import static io.moshimlx.mlx.Indexing.take;
import static io.moshimlx.mlx.Reductions.cumsum;
import static io.moshimlx.mlx.Reductions.softmax;
import static io.moshimlx.mlx.Shapes.broadcastTo;
import static io.moshimlx.mlx.Shapes.concatenate;
import static io.moshimlx.mlx.Shapes.contiguous;
import static io.moshimlx.mlx.Shapes.expandDims;
import static io.moshimlx.mlx.Shapes.flatten;
import static io.moshimlx.mlx.Shapes.reshape;
import static io.moshimlx.mlx.Shapes.split;
import static io.moshimlx.mlx.Shapes.splitAt;
import static io.moshimlx.mlx.Shapes.squeeze;
import static io.moshimlx.mlx.Shapes.stack;
import static io.moshimlx.mlx.Shapes.swapaxes;
import static io.moshimlx.mlx.Shapes.transpose;
import static io.moshimlx.mlx.Sorting.argpartition;
import static io.moshimlx.mlx.Sorting.argsort;
import static io.moshimlx.mlx.Sorting.searchsorted;
import static io.moshimlx.mlx.Sorting.sort;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** What Java computes for the goldens of single operations on arrays. */
final class ArrayCases {
  private interface ScalarOp {
    MlxArray apply(MlxArray a, float b);
  }

  private interface Reduction {
    MlxArray apply(MlxArray a, int axis, boolean keepDims);
  }

  private final Goldens goldens;
  private final Map<String, Supplier<MlxArray[]>> cases = new TreeMap<>();

  private ArrayCases(Goldens goldens) {
    this.goldens = goldens;
  }

  static Map<String, Supplier<MlxArray[]>> of(Goldens goldens) {
    ArrayCases c = new ArrayCases(goldens);
    c.arithmetic();
    c.logic();
    c.reductions();
    c.order();
    c.shapes();
    c.indexing();
    c.creation();
    return c.cases;
  }

  private MlxArray in(String name) {
    return goldens.inputs().get(name).array();
  }

  private void one(String name, Supplier<MlxArray> result) {
    cases.put(name, () -> new MlxArray[] {result.get()});
  }

  private void binary(String name, BinaryOperator<MlxArray> op, ScalarOp scalar) {
    one(name, () -> op.apply(in("x"), in("y")));
    one(name + " broadcast", () -> op.apply(in("x"), in("row")));
    one(name + " int", () -> op.apply(in("i"), in("j")));
    one(name + " scalar", () -> scalar.apply(in("x"), 1.5f));
    one(name + " int scalar", () -> scalar.apply(in("i"), 3));
    one(name + " bfloat16", () -> op.apply(in("bf"), in("bg")));
    one(name + " bfloat16 scalar", () -> scalar.apply(in("bf"), 1.1f));
    one(name + " float16 scalar", () -> scalar.apply(in("hf"), 1.1f));
  }

  private void arithmetic() {
    binary("add", Elementwise::add, Elementwise::add);
    binary("subtract", Elementwise::subtract, Elementwise::subtract);
    binary("multiply", Elementwise::multiply, Elementwise::multiply);
    binary("divide", Elementwise::divide, Elementwise::divide);
    binary("floor_divide", Elementwise::floorDivide, Elementwise::floorDivide);
    binary("remainder", Elementwise::remainder, Elementwise::remainder);
    binary("maximum", Elementwise::maximum, Elementwise::maximum);
    binary("minimum", Elementwise::minimum, Elementwise::minimum);
    one("add bfloat16 float32", () -> Elementwise.add(in("bf"), in("x")));
    Map<String, UnaryOperator<MlxArray>> unary =
        Map.of(
            "negative", Elementwise::negative,
            "exp", Elementwise::exp,
            "square", Elementwise::square,
            "sigmoid", Elementwise::sigmoid,
            "sin", Elementwise::sin,
            "cos", Elementwise::cos);
    unary.forEach((name, op) -> {
      one(name, () -> op.apply(in("x")));
      one(name + " bfloat16", () -> op.apply(in("bf")));
    });
    one("log", () -> Elementwise.log(in("positive")));
    one("rsqrt", () -> Elementwise.rsqrt(in("positive")));
    for (String dtype :
        List.of("bool_", "uint8", "uint32", "int32", "int64", "float16", "bfloat16", "float32")) {
      DType type = DType.valueOf(dtype.replace("_", "").toUpperCase(Locale.ROOT));
      one("astype " + dtype, () -> astype(in("positive"), type));
      one("astype int " + dtype, () -> astype(in("u"), type));
    }
  }

  private void comparison(String name, BinaryOperator<MlxArray> op, ScalarOp scalar) {
    one(name, () -> op.apply(in("x"), in("y")));
    one(name + " int", () -> op.apply(in("i"), in("j")));
    one(name + " int scalar", () -> scalar.apply(in("i"), 1));
  }

  private void logic() {
    comparison("equal", Logic::equal, Logic::equal);
    comparison("less", Logic::less, Logic::less);
    comparison("greater", Logic::greater, Logic::greater);
    comparison("greater_equal", Logic::greaterEqual, Logic::greaterEqual);
    one("where", () -> Logic.where(in("p"), in("x"), in("row")));
  }

  private void reductions() {
    Map<String, Reduction> all =
        Map.of(
            "sum", Reductions::sum,
            "argmax", Reductions::argmax);
    for (int axis : new int[] {0, -1}) {
      all.forEach((name, op) -> {
        one(name + " " + axis, () -> op.apply(in("x"), axis, false));
        one(name + " " + axis + " keep", () -> op.apply(in("x"), axis, true));
      });
      one("sum int " + axis, () -> Reductions.sum(in("i"), axis, false));
      one("softmax " + axis, () -> softmax(in("x"), axis));
      one("softmax " + axis + " precise", () -> softmax(in("bf"), axis, true));
      one("softmax " + axis + " bfloat16", () -> softmax(in("bf"), axis));
      for (boolean reverse : new boolean[] {false, true}) {
        for (boolean inclusive : new boolean[] {false, true}) {
          one(
              "cumsum " + axis + " " + reverse + " " + inclusive,
              () -> cumsum(in("x"), axis, reverse, inclusive));
        }
      }
    }
  }

  private void order() {
    for (int axis : new int[] {0, -1}) {
      one("argsort " + axis, () -> argsort(in("x"), axis));
      one("sort " + axis, () -> sort(in("x"), axis));
      one(
          "argpartition " + axis,
          () -> sort(splitAt(argpartition(in("x"), 1, axis), axis, 2)[0], axis));
    }
    for (boolean right : new boolean[] {false, true}) {
      one(
          right ? "searchsorted right" : "searchsorted left",
          () -> {
            MlxArray values = concatenate(0, flatten(in("x")), in("sorted"));
            return searchsorted(in("sorted"), values, right);
          });
    }
  }

  private void shapes() {
    one("reshape", () -> reshape(in("x"), 4, -1));
    one("transpose", () -> transpose(in("x")));
    one("transpose axes", () -> transpose(in("x"), 1, 2, 0));
    one("swapaxes", () -> swapaxes(in("x"), 0, -1));
    one("expand_dims", () -> expandDims(in("x"), -2));
    one("squeeze", () -> squeeze(in("patch"), 1));
    one("broadcast_to", () -> broadcastTo(in("row"), 2, 3, 4));
    one("flatten", () -> flatten(swapaxes(in("x"), 1, 2)));
    one("flatten axes", () -> flatten(in("x"), 1, 2));
    one("concatenate", () -> concatenate(1, List.of(in("x"), in("y"), in("bf"))));
    one("stack", () -> stack(-1, in("x"), in("y")));
    cases.put("split", () -> split(in("x"), 2, -1));
    cases.put("split_at", () -> splitAt(in("x"), 2, 1, 3));
    one("contiguous", () -> contiguous(swapaxes(in("x"), 0, 2)));
  }

  private void indexing() {
    one("slice axis", () -> slice(in("x"), -1, 1, 3));
    one(
        "slice_update axis",
        () -> {
          MlxArray column = broadcastTo(slice(in("patch"), 2, 0, 1), 2, 3, 1);
          return sliceUpdate(in("x"), column, 2, 1, 2);
        });
    one("take 0", () -> take(in("m3"), in("take_ids"), 0));
    one("take -1", () -> take(in("x"), in("take_ids"), -1));
    one("put_along_axis", () -> putAlongAxis(in("x"), in("distinct"), in("along_values"), -1));
  }

  private void creation() {
    one("arange", () -> arange(1, 7, 2, DType.INT32));
    one("arange float", () -> arange(0.5, 3, 0.5, DType.FLOAT32));
    one("zeros", () -> zeros(DType.BFLOAT16, 2, 2));
    one("ones", () -> ones(DType.INT64, 3));
  }
}
