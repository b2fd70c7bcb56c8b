package io.moshimlx.audio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResamplerTest {
  private static SampleReader reader(int length, IntToDoubleFunction signal) {
    int[] position = {0};
    return (target, offset, wanted) -> {
      int count = Math.min(wanted, length - position[0]);
      for (int i = 0; i < count; i++) {
        target[offset + i] = (float) signal.applyAsDouble(position[0]++);
      }
      return count;
    };
  }

  private static float[] resample(int length, IntToDoubleFunction signal, int inRate, int chunk)
      throws IOException {
    Resampler resampler = new Resampler(reader(length, signal), inRate, 24000);
    float[] out = new float[(int) (length * 24000L / inRate) + 5000];
    int filled = 0;
    int read;
    do {
      read = resampler.read(out, filled, Math.min(chunk, out.length - filled));
      filled += read;
    } while (read > 0);
    return Arrays.copyOf(out, filled);
  }

  private static IntToDoubleFunction sine(double frequency, int rate) {
    return i -> Math.sin(2 * Math.PI * frequency * i / rate);
  }

  private static final int[] RATES = {
    8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000, 44099
  };

  @Test
  void tonesInThePassBandKeepTheirShapeAndPlace() throws IOException {
    for (int rate : RATES) {
      for (double share : new double[] {0.01, 0.3, 0.7, 0.88}) {
        double frequency = share * Math.min(rate, 24000) / 2;
        float[] out = resample(rate, sine(frequency, rate), rate, 1920);
        IntToDoubleFunction expected = sine(frequency, 24000);
        for (int i = 500; i < 23500; i++) {
          assertEquals(expected.applyAsDouble(i), out[i], 1e-4, rate + " Hz, tone " + frequency);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {44100, 48000, 96000})
  void tonesThat24kHzCannotCarryAreRemoved(int rate) throws IOException {
    for (double frequency : new double[] {12100, 15000, 0.45 * rate}) {
      float[] out = resample(rate, sine(frequency, rate), rate, 1920);
      for (int i = 500; i < 23500; i++) {
        assertTrue(Math.abs(out[i]) < 2e-4, rate + " Hz, tone " + frequency + ": " + out[i]);
      }
    }
  }

  @Test
  void aConstantStaysConstant() throws IOException {
    for (int rate : RATES) {
      float[] out = resample(rate, i -> 0.5, rate, 1920);
      for (int i = 1000; i < 23000; i++) {
        assertEquals(0.5, out[i], 2e-5);
      }
    }
  }

  @Test
  void theLengthIsThatOfTheSameTime() throws IOException {
    for (int rate : RATES) {
      for (int length : new int[] {1, 2, 3, 1000, 12345}) {
        long expected = Resampler.outputLength(length, rate, 24000);
        assertEquals(expected, resample(length, i -> 1, rate, 1920).length, rate + " " + length);
      }
    }
  }

  @Test
  void theSizeOfTheReadsChangesNothing() throws IOException {
    IntToDoubleFunction signal = sine(1234.5, 44100);
    float[] whole = resample(50000, signal, 44100, 1920);
    assertArrayEquals(whole, resample(50000, signal, 44100, 1));
    assertArrayEquals(whole, resample(50000, signal, 44100, 30000));
  }
}
