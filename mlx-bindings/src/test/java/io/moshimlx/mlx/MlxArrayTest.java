package io.moshimlx.mlx;

import static io.moshimlx.mlx.Elementwise.add;
import static io.moshimlx.mlx.Elementwise.astype;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Arrays to and from Java, errors, compiled functions, and what the library tells of itself. */
@ExtendWith(Devices.class)
class MlxArrayTest {
  private MlxScope scope;

  @BeforeEach
  void open() {
    scope = MlxScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void carriesValuesInBothDirections() {
    assertArrayEquals(new float[] {1.5f, -2f}, MlxArray.of(1.5f, -2f).toFloats());
    MlxArray ints = MlxArray.of(new int[] {1, -2, 3, 4, 5, 6}, 3, 2);
    assertEquals(DType.INT32, ints.dtype());
    assertArrayEquals(new int[] {3, 2}, ints.shape());
    assertEquals(2, ints.ndim());
    assertEquals(3, ints.dim(0));
    assertEquals(2, ints.dim(-1));
    assertEquals(6, ints.size());
    assertEquals(24, ints.nbytes());
    assertArrayEquals(new int[] {1, -2, 3, 4, 5, 6}, ints.toInts());
    assertArrayEquals(new float[] {1, -2, 3, 4, 5, 6}, ints.toFloats());
    MlxArray unsigned = MlxArray.ofUint32(new int[] {-1, 7}, 2);
    assertEquals(DType.UINT32, unsigned.dtype());
    assertArrayEquals(new float[] {0x1p32f, 7}, unsigned.toFloats());
    assertArrayEquals(new int[] {-1, 7}, unsigned.toInts());
    assertEquals(2.5f, MlxArray.scalar(2.5f).itemFloat());
    assertEquals(7, MlxArray.scalar(7).itemInt());
    assertEquals(0, MlxArray.scalar(7).ndim());
    assertEquals(0, MlxArray.of(new float[0], 0, 3).toFloats().length);
    assertEquals("INT32[3, 2]", ints.toString());
  }

  @Test
  void arraysOfAnySizeMayFollowOneAnother() {
    for (int size : new int[] {1, 5_000, 3, 200_000, 4_000, 1_000_000, 2}) {
      float[] values = new float[size];
      for (int i = 0; i < size; i++) {
        values[i] = i;
      }
      assertArrayEquals(values, MlxArray.of(values).toFloats());
    }
  }

  @Test
  void readsWhatIsNotLaidOutInRowMajorOrder() {
    MlxArray x = MlxArray.of(new int[] {1, 2, 3, 4, 5, 6}, 2, 3);
    assertArrayEquals(new int[] {1, 4, 2, 5, 3, 6}, Shapes.transpose(x).toInts());
    assertArrayEquals(new float[] {1, 4, 2, 5, 3, 6}, Shapes.transpose(x).toFloats());
    assertArrayEquals(new int[] {2, 3, 5, 6}, Indexing.slice(x, 1, 1, 3).toInts());
    assertArrayEquals(new int[] {5, 5, 5}, Shapes.broadcastTo(MlxArray.scalar(5), 3).toInts());
  }

  @Test
  void readsEveryRealType() {
    for (DType type : DType.values()) {
      if (type != DType.COMPLEX64 && type != DType.FLOAT64) {
        MlxArray x = astype(MlxArray.of(0, 1), type);
        assertEquals(type, x.dtype());
        assertEquals(2L * type.size(), x.nbytes());
        assertArrayEquals(new float[] {0, 1}, x.toFloats());
        if (type.isInteger()) {
          assertArrayEquals(new int[] {0, 1}, x.toInts());
        }
      }
    }
    MlxArray complex = astype(MlxArray.of(0, 1), DType.COMPLEX64);
    assertThrows(IllegalStateException.class, complex::toFloats);
    assertThrows(IllegalStateException.class, complex::toInts);
  }

  @Test
  void theSameBytesCanBeSeenAsAnotherType() {
    MlxArray pairs = Shapes.view(MlxArray.of(new float[] {1, 2, 3, 4}, 1, 4), DType.COMPLEX64);
    assertEquals("COMPLEX64[1, 2]", pairs.toString());
    // (1 + 2i)², (3 + 4i)²
    MlxArray squares = Shapes.view(Elementwise.multiply(pairs, pairs), DType.FLOAT32);
    assertArrayEquals(new float[] {-3, 4, -7, 24}, squares.toFloats());
    assertArrayEquals(
        new int[] {-1}, MlxArray.ofUint32(new int[] {-1}, 1).toInts(), "uint32 keeps its bits");
  }

  @Test
  void scalarsAreRoundedToTheTypeOfTheArray() {
    for (DType type : new DType[] {DType.BFLOAT16, DType.FLOAT16}) {
      for (float value : new float[] {0.1f, 1.1f, -3.14159f, 1e-6f, 257f, 0x1.01p0f}) {
        MlxArray zero = Creation.zeros(type, 1);
        float expected = astype(MlxArray.of(value), type).toFloats()[0];
        assertEquals(expected, add(zero, value).toFloats()[0], type + " " + value);
      }
    }
    MlxArray ints = MlxArray.of(new int[] {1}, 1);
    assertThrows(IllegalArgumentException.class, () -> add(ints, 0.5f));
  }

  @Test
  void refusesWhatCannotBe() {
    MlxArray x = MlxArray.of(1, 2, 3);
    assertThrows(IllegalStateException.class, x::itemFloat);
    assertThrows(IllegalStateException.class, x::toInts);
    assertThrows(IllegalArgumentException.class, () -> x.dim(1));
    assertThrows(IllegalArgumentException.class, () -> MlxArray.of(new float[3], 2, 2));
    assertThrows(IllegalArgumentException.class, () -> MlxArray.of(new float[1], -1, -1));
    assertThrows(IllegalArgumentException.class, () -> Indexing.slice(x, 1, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> Shapes.reshape(x, new int[40]));
  }

  @Test
  void errorsCarryTheOperationAndWhatMlxSaid() {
    MlxArray a = Creation.ones(DType.FLOAT32, 2, 3);
    MlxArray b = Creation.ones(DType.FLOAT32, 2, 4);
    String matmul = assertThrows(MlxException.class, () -> Linalg.matmul(a, b)).getMessage();
    assertTrue(matmul.startsWith("matmul: "), matmul);
    assertTrue(matmul.contains("(2,3)") && matmul.contains("(2,4)"), matmul);
    assertFalse(matmul.contains(".cpp"), matmul);
    String add = assertThrows(MlxException.class, () -> add(a, b)).getMessage();
    assertTrue(add.startsWith("add: ") && add.contains("broadcast"), add);
    assertThrows(MlxException.class, () -> Shapes.reshape(a, 7));
    assertThrows(MlxException.class, () -> Shapes.concatenate(5, a, a));
    assertThrows(MlxException.class, () -> Linalg.quantize(a, 32, 4));
    assertThrows(MlxException.class, () -> Shapes.split(a, 2, 1));
    // A failure leaves nothing behind for the next call.
    assertArrayEquals(new float[] {2, 2}, add(MlxArray.of(1, 1), 1f).toFloats());
  }

  @Test
  void aCompiledFunctionIsTracedOnce() {
    AtomicInteger traces = new AtomicInteger();
    try (MlxFunction f =
        Transforms.compile(
            in -> {
              traces.incrementAndGet();
              return new MlxArray[] {Elementwise.multiply(in[0], in[1])};
            },
            false)) {
      for (int i = 0; i < 5; i++) {
        assertEquals(6f * i, f.apply1(MlxArray.of(2f), MlxArray.of(3f * i)).itemFloat());
      }
      assertEquals(1, traces.get());
    }
  }

  @Test
  void whatACompiledFunctionThrowsReachesTheCaller() {
    try (MlxFunction f =
        Transforms.compile(
            _ -> {
              throw new UnsupportedOperationException("mine");
            },
            false)) {
      assertEquals(
          "mine",
          assertThrows(UnsupportedOperationException.class, () -> f.apply(MlxArray.of(1f)))
              .getMessage());
    }
    try (MlxFunction f =
        Transforms.compile(
            _ -> {
              throw new AssertionError("error");
            },
            false)) {
      assertThrows(AssertionError.class, () -> f.apply(MlxArray.of(1f)));
    }
    MlxArray odd = Creation.ones(DType.FLOAT32, 3);
    try (MlxFunction f =
        Transforms.compile(in -> new MlxArray[] {Linalg.matmul(in[0], in[1])}, false)) {
      MlxArray two = Creation.ones(DType.FLOAT32, 2);
      assertThrows(MlxException.class, () -> f.apply(odd, two));
      assertEquals(3f, f.apply1(odd, odd).itemFloat());
    }
    MlxFunction closed = Transforms.compile(in -> in, false);
    closed.close();
    closed.close();
    assertThrows(IllegalStateException.class, () -> closed.apply(odd));
    try (MlxFunction f =
        Transforms.compile(in -> new MlxArray[] {MlxArray.of(in[0].toFloats())}, false)) {
      assertThrows(MlxException.class, () -> f.apply(odd), "values cannot be read while tracing");
    }
  }

  @Test
  void freedFunctionsLeaveNoMemory() {
    long before = 0;
    for (int i = 0; i < 200; i++) {
      try (MlxScope _ = MlxScope.open();
          MlxFunction f =
              Transforms.compile(
                  in -> new MlxArray[] {add(in[0], Creation.ones(DType.FLOAT32, 1000))}, false)) {
        assertEquals(1f, f.apply1(Creation.zeros(DType.FLOAT32, 1000)).toFloats()[0]);
      }
      if (i == 10) {
        before = Memory.active();
      }
    }
    assertEquals(before, Memory.active());
  }

  @Test
  void asyncEvalStartsWork() {
    MlxArray x = add(MlxArray.of(1, 2), 1f);
    Transforms.asyncEval(x);
    assertArrayEquals(new float[] {2, 3}, x.toFloats());
    Transforms.eval(List.of(x));
  }

  @Test
  void tellsOfItself() {
    assertEquals("0.32.2", Mlx.version());
    assertEquals("0.6.0", Mlx.mlxSysVersion());
    assertTrue(Mlx.libraryPath().isAbsolute());
    assertTrue(Device.isAvailable(Device.Type.CPU));
    assertTrue(
        Device.describe().matches(Device.getDefault().name() + " \\(.+\\)"), Device.describe());
    assertEquals(Device.getDefault() == Device.Type.GPU, Device.recommendedBytes().isPresent());
    Device.Type usual = Device.getDefault();
    Device.setDefault(Device.Type.CPU);
    assertEquals(Device.Type.CPU, Device.getDefault());
    assertEquals(3f, add(MlxArray.of(1f), 2f).itemFloat());
    Device.setDefault(usual);
    if (!Device.isAvailable(Device.Type.GPU)) {
      assertThrows(MlxException.class, () -> Device.setDefault(Device.Type.GPU));
    }
  }

  @Test
  void memoryCanBeReadAndLimited() {
    Memory.clearCache();
    assertEquals(0, Memory.cache());
    Memory.resetPeak();
    long before = Memory.active();
    MlxArray x = Creation.ones(DType.FLOAT32, 100_000);
    Transforms.eval(x);
    assertTrue(Memory.active() >= before + 400_000);
    assertTrue(Memory.peak() >= before + 400_000);
    x.close();
    assertTrue(Memory.cache() >= 400_000);
    long cacheLimit = Memory.setCacheLimit(0);
    assertEquals(0, Memory.setCacheLimit(cacheLimit));
    long memoryLimit = Memory.setMemoryLimit(1L << 30);
    assertEquals(1L << 30, Memory.setMemoryLimit(memoryLimit));
    if (Device.getDefault() == Device.Type.GPU) {
      assertEquals(0, Memory.setWiredLimit(0));
    }
  }
}
