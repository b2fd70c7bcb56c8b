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
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Every operation against what Python's MLX computes on a CPU; another device of this machine has
 * the operation, whose last bits, and what is one bit further for it, are its own.
 */
@ExtendWith(Devices.class)
class OperationsTest {
  private final Goldens goldens = Goldens.load();
  private final Map<String, Supplier<MlxArray[]>> cases = new TreeMap<>();

  OperationsTest() {
    cases.putAll(ArrayCases.of(goldens));
    cases.putAll(ModelCases.of(goldens));
  }

  @TestFactory
  Stream<DynamicTest> equalsPython() {
    return Devices.all()
        .flatMap(device ->
            cases.keySet().stream()
                .map(name ->
                    DynamicTest.dynamicTest(
                        device + " " + name, () -> assertEqualsPython(device, name))));
  }

  private void assertEqualsPython(Device.Type device, String name) {
    Device.setDefault(device);
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
