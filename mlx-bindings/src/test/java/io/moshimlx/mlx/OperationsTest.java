package io.moshimlx.mlx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every operation against what Python's MLX computes. */
class OperationsTest {
  private final Goldens goldens = Goldens.load();
  private final Map<String, Supplier<MlxArray[]>> cases = new TreeMap<>();

  OperationsTest() {
    cases.putAll(ArrayCases.of(goldens));
    cases.putAll(ModelCases.of(goldens));
  }

  @TestFactory
  Stream<DynamicTest> equalsPython() {
    return cases.keySet().stream()
        .map(name -> DynamicTest.dynamicTest(name, () -> assertEqualsPython(name)));
  }

  private void assertEqualsPython(String name) {
    try (MlxScope _ = MlxScope.open()) {
      List<Goldens.Tensor> expected = goldens.cases().get(name);
      MlxArray[] actual = cases.get(name).get();
      assertEquals(expected.size(), actual.length);
      for (int i = 0; i < actual.length; i++) {
        expected.get(i).assertMatches(name, actual[i]);
      }
    }
  }

  @Test
  void everyGoldenHasItsCase() {
    assertEquals(new TreeSet<>(goldens.cases().keySet()), cases.keySet());
  }
}
