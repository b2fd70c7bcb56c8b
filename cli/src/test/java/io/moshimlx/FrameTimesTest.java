package io.moshimlx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FrameTimesTest {
  private static final int DAY = 24 * 3600 * 1000 / 80;

  private final FrameTimes times = new FrameTimes();

  @ParameterizedTest
  @ValueSource(doubles = {0.0123, 4.56, 78.9, 12_345})
  void quantilesHaveThreeSignificantDigits(double typical) {
    Random random = new Random(1);
    double[] all = new double[1001];
    for (int i = 0; i < all.length; i++) {
      all[i] = typical * (0.5 + random.nextDouble());
      times.add(all[i]);
    }
    Arrays.sort(all);
    for (double share : new double[] {0, 0.5, 0.95, 0.99, 1}) {
      double exact = all[(int) Math.round(share * 1000)];
      assertEquals(exact, times.quantile(share), exact / 1000);
    }
  }

  @Test
  void aFewFramesHaveQuantilesToo() {
    assertEquals(Double.NaN, times.quantile(0.5));
    times.add(3);
    assertEquals(3, times.quantile(0.5), 0.002);
    assertEquals(3, times.quantile(0.99), 0.002);
    times.add(5);
    times.add(4);
    assertEquals(4, times.quantile(0.5), 0.002);
    times.clear();
    times.add(0);
    assertEquals(0, times.quantile(1));
  }

  @Test
  void aDayTakesNoMoreMemoryThanAMinute() {
    Random random = new Random(1);
    times.add(1000);
    int bytes = times.bytes();
    for (int i = 0; i < DAY; i++) {
      times.add(1000 * random.nextDouble());
    }
    assertEquals(bytes, times.bytes());
    assertEquals(500, times.quantile(0.5), 5);
    assertEquals(true, bytes < 200_000, bytes + " bytes");
  }
}
