package io.moshimlx.mlx;

import static io.moshimlx.mlx.Elementwise.add;
import static io.moshimlx.mlx.Elementwise.multiply;
import static io.moshimlx.mlx.Elementwise.square;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** What is evaluated is counted, each thing once. */
class WorkloadTest {
  @Test
  void countsPrimitivesAndWaits() {
    try (MlxScope _ = MlxScope.open();
        Workload workload = Workload.watch(true)) {
      MlxArray x = MlxArray.of(1f, 2f);
      MlxArray twice = square(square(x));
      Transforms.asyncEval(twice);
      assertEquals(2, workload.primitives());
      assertEquals(0, workload.waits());
      // What is on its way is not counted again.
      MlxArray sum = add(multiply(twice, x), twice);
      Transforms.eval(sum);
      assertEquals(4, workload.primitives());
      assertEquals(1, workload.waits());
      assertEquals(3f, add(x, x).toFloats()[0] + x.toFloats()[0]);
      assertEquals(5, workload.primitives());
      assertEquals(3, workload.waits());
      assertTrue(workload.nanos() > 0);
    }
  }

  @Test
  void aFusedKernelIsOnePrimitive() {
    try (MlxScope _ = MlxScope.open();
        MlxFunction f =
            Transforms.compile(in -> new MlxArray[] {add(multiply(in[0], in[0]), in[0])}, false);
        Workload workload = Workload.watch(true)) {
      assertEquals(6f, f.apply1(MlxArray.of(2f)).itemFloat());
      assertEquals(1, workload.primitives());
    }
  }

  @Test
  void watchesFromOpenToClose() {
    try (MlxScope _ = MlxScope.open()) {
      MlxArray x = MlxArray.of(1f);
      Workload workload = Workload.watch(false);
      assertThrows(IllegalStateException.class, () -> Workload.watch(false));
      Transforms.eval(square(x));
      workload.close();
      Transforms.eval(square(x));
      assertEquals(1, workload.waits());
      assertEquals(0, workload.primitives(), "were not asked for");
    }
  }
}
