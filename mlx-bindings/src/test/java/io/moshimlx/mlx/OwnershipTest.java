package io.moshimlx.mlx;

import static io.moshimlx.mlx.Elementwise.add;
import static io.moshimlx.mlx.Elementwise.multiply;
import static io.moshimlx.mlx.Indexing.sliceUpdate;
import static io.moshimlx.mlx.Linalg.matmul;
import static io.moshimlx.mlx.Shapes.reshape;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.mlx.c.MlxC;
import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Who owns an array, for how long, and on which thread. */
@ExtendWith(Devices.class)
class OwnershipTest {
  private static final int HEADS = 2;
  private static final int SLOTS = 32;
  private static final int DIM = 16;

  /** A GPU has memory in pages, and frees it when it gets round to that. */
  private static final long GPU_SLACK = 1 << 20;

  @ParameterizedTest
  @MethodSource("io.moshimlx.mlx.Devices#all")
  void twentyThousandStepsWithACacheKeepMemoryFlatAndUpdateInPlace(Device.Type device) {
    Device.setDefault(device);
    MlxArray cache;
    MlxArray x;
    MlxArray w;
    try (MlxScope _ = MlxScope.open()) {
      cache = Creation.zeros(DType.FLOAT32, 1, HEADS, SLOTS, DIM).retain();
      x = Creation.ones(DType.FLOAT32, 1, HEADS * DIM).retain();
      w =
          Random.uniform(Random.key(1), -0.2f, 0.2f, DType.FLOAT32, HEADS * DIM, HEADS * DIM)
              .retain();
    }
    Transforms.eval(cache, x, w);
    int inPlace = 0;
    int warmUp = 100;
    int steps = 20_000;
    long before = 0;
    for (int step = 0; step < warmUp + steps; step++) {
      if (step == warmUp) {
        before = Memory.active();
        Memory.resetPeak();
      }
      long address = address(cache);
      MlxArray oldCache = cache;
      MlxArray oldX = x;
      try (MlxScope _ = MlxScope.open()) {
        MlxArray key = reshape(matmul(x, w), 1, HEADS, 1, DIM);
        int slot = step % SLOTS;
        cache = sliceUpdate(cache, key, 2, slot, slot + 1).retain();
        MlxArray y = Fast.scaledDotProductAttention(key, cache, cache, 0.25f, null);
        x = Fast.rmsNorm(add(reshape(y, 1, HEADS * DIM), x), null, 1e-5f).retain();
      }
      oldCache.close();
      oldX.close();
      Transforms.eval(x, cache);
      if (step >= warmUp && address(cache) == address) {
        inPlace++;
      }
    }
    assertEquals(steps, inPlace);
    // MLX's own thread may free the last few bytes of a step a moment later.
    long slack = device == Device.Type.GPU ? GPU_SLACK : 1024;
    assertTrue(Math.abs(Memory.active() - before) < slack, Memory.active() + " and " + before);
    long second = Math.max(cache.nbytes(), device == Device.Type.GPU ? GPU_SLACK : 0);
    assertTrue(Memory.peak() < before + second, "no step held a second cache");
    cache.close();
    x.close();
    w.close();
  }

  @Test
  void scopesOfStepsMakeNoGarbage() {
    com.sun.management.ThreadMXBean threads =
        (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    int rounds = 2_000;
    MlxArray kept;
    try (MlxScope _ = MlxScope.open()) {
      kept = MlxArray.of(1f).retain();
    }
    StepScopes scopes = new StepScopes();
    float last = 0;
    long before = 0;
    for (int round = -100; round < rounds; round++) {
      if (round == 0) {
        before = threads.getCurrentThreadAllocatedBytes();
      }
      try (MlxScope _ = scopes.open()) {
        MlxArray x = kept;
        for (int i = 0; i < 50; i++) {
          x = add(x, 1f);
        }
        kept.replace(x);
      }
      last = kept.itemFloat();
    }
    long bytes = threads.getCurrentThreadAllocatedBytes() - before;
    assertTrue(bytes / rounds < 300, bytes / rounds + " bytes a scope of 50 operations");
    assertEquals(1 + 50f * (100 + rounds), last);
    kept.close();
  }

  @Test
  void aScopeOfAStepLeavesAloneWhatWasRetained() {
    StepScopes scopes = new StepScopes();
    MlxArray kept;
    MlxArray dropped;
    try (MlxScope _ = scopes.open()) {
      dropped = MlxArray.of(1f);
      kept = MlxArray.of(2f).retain();
    }
    assertThrows(IllegalStateException.class, dropped::shape);
    try (MlxScope _ = scopes.open()) {
      MlxArray first = MlxArray.of(3f);
      MlxArray second = MlxArray.of(4f);
      assertEquals(3f, first.itemFloat());
      assertEquals(4f, second.itemFloat());
      assertEquals(2f, kept.itemFloat());
    }
    kept.close();
  }

  @Test
  void anArrayOfAStepIsNeverOneOfAnotherLoop() {
    StepScopes scopes = new StepScopes();
    StepScopes others = new StepScopes();
    MlxArray stale;
    try (MlxScope _ = scopes.open()) {
      stale = MlxArray.of(1f);
    }
    try (MlxScope _ = others.open()) {
      MlxArray.of(2f);
      assertThrows(IllegalStateException.class, stale::shape);
    }
    try (MlxScope _ = scopes.open();
        MlxScope _ = MlxScope.open()) {
      MlxArray.of(3f);
      assertThrows(IllegalStateException.class, stale::shape);
    }
  }

  @Test
  void withoutRecyclingEveryUseOfAStaleArrayThrows() {
    System.setProperty("moshimlx.recycle", "false");
    StepScopes scopes;
    try {
      scopes = new StepScopes();
    } finally {
      System.clearProperty("moshimlx.recycle");
    }
    MlxArray stale;
    try (MlxScope _ = scopes.open()) {
      stale = MlxArray.of(1f);
    }
    try (MlxScope _ = scopes.open()) {
      MlxArray.of(2f);
      assertThrows(IllegalStateException.class, stale::shape);
    }
  }

  @Test
  void aReplacedArrayIsTheNewOneAndTheNewOneIsClosed() {
    MlxArray kept;
    try (MlxScope _ = MlxScope.open()) {
      kept = MlxArray.of(1f).retain();
      MlxArray next = MlxArray.of(2f);
      kept.replace(next);
      kept.replace(kept);
      assertThrows(IllegalStateException.class, next::shape);
      assertThrows(IllegalStateException.class, () -> kept.replace(next));
    }
    assertEquals(2f, kept.itemFloat());
    kept.close();
  }

  private static long address(MlxArray evaluated) {
    return MlxC.mlx_array_data_float32(evaluated.handle(ThreadContext.current())).address();
  }

  @Test
  void aScopeFreesWhatIsNotRetained() {
    long before = Memory.active();
    MlxArray kept;
    MlxArray dropped;
    try (MlxScope _ = MlxScope.open()) {
      dropped = Creation.ones(DType.FLOAT32, 1000);
      kept = add(dropped, 1f).retain();
      Transforms.eval(dropped, kept);
    }
    assertThrows(IllegalStateException.class, dropped::shape);
    assertEquals(2f, kept.toFloats()[999]);
    kept.close();
    assertTrue(Memory.active() <= before + 64, "only the cached scalar may stay");
  }

  @Test
  void scopesNest() {
    try (MlxScope outer = MlxScope.open()) {
      MlxArray a = MlxArray.of(1, 2);
      MlxArray b;
      try (MlxScope _ = MlxScope.open()) {
        b = add(a, a);
        assertThrows(IllegalStateException.class, outer::close);
      }
      assertThrows(IllegalStateException.class, b::toFloats);
      assertArrayEquals(new float[] {1, 2}, a.toFloats());
      MlxScope inner = MlxScope.open();
      inner.close();
      inner.close();
    }
  }

  @Test
  void useAfterCloseIsRefused() {
    try (MlxScope _ = MlxScope.open()) {
      MlxArray a = MlxArray.of(1, 2);
      MlxArray b = MlxArray.of(3, 4);
      a.close();
      a.close();
      for (Executable use :
          new Executable[] {
            a::shape,
            a::toFloats,
            a::retain,
            a::size,
            () -> add(a, b),
            () -> add(b, a),
            () -> Transforms.eval(b, a),
            () -> Shapes.concatenate(0, b, a)
          }) {
        String message = assertThrows(IllegalStateException.class, use).getMessage();
        assertTrue(message.contains("closed"), message);
      }
      assertEquals("closed MlxArray", a.toString());
    }
  }

  @Test
  void anotherThreadIsRefused() throws InterruptedException {
    try (MlxScope scope = MlxScope.open();
        MlxFunction f = Transforms.compile(in -> in, false)) {
      MlxArray a = MlxArray.of(1, 2);
      for (Executable use :
          new Executable[] {
            a::shape,
            a::toFloats,
            a::close,
            scope::close,
            f::close,
            f::apply,
            () -> multiply(a, a),
            () -> Transforms.eval(a)
          }) {
        Throwable thrown = onAnotherThread(use);
        assertEquals(IllegalStateException.class, thrown.getClass());
        assertTrue(thrown.getMessage().contains("another thread"), thrown.getMessage());
      }
      assertArrayEquals(new float[] {1, 2}, a.toFloats());
    }
  }

  @Test
  void eachThreadHasItsOwnArrays() throws InterruptedException {
    AtomicReference<float[]> result = new AtomicReference<>();
    Throwable thrown =
        onAnotherThread(() -> result.set(add(MlxArray.of(1, 2), MlxArray.of(3, 4)).toFloats()));
    assertEquals(null, thrown);
    assertArrayEquals(new float[] {4, 6}, result.get());
  }

  private static Throwable onAnotherThread(Executable action) throws InterruptedException {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread thread =
        new Thread(() -> {
          try (MlxScope _ = MlxScope.open()) {
            action.execute();
          } catch (Throwable e) {
            thrown.set(e);
          }
        });
    thread.start();
    thread.join();
    return thrown.get();
  }

  @Test
  void aVirtualThreadIsRefused() throws InterruptedException {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread thread = Thread.ofVirtual().unstarted(Memory::active);
    thread.setUncaughtExceptionHandler((_, e) -> thrown.set(e));
    thread.start();
    thread.join();
    assertTrue(thrown.get().getMessage().contains("platform thread"));
  }

  @Test
  void anOperationNeedsAScope() {
    Throwable thrown = assertThrows(IllegalStateException.class, () -> MlxArray.of(1, 2));
    assertTrue(thrown.getMessage().contains("open MlxScope"), thrown.getMessage());
  }

  @Test
  void aScalarThatGivesWayToAnotherIsStillThereForPendingWork() {
    try (MlxScope _ = MlxScope.open()) {
      MlxArray x = MlxArray.of(1, 2);
      MlxArray ints = MlxArray.of(new int[] {1}, 1);
      MlxArray sum = add(x, 0.5f);
      for (int i = 0; i < 1000; i++) {
        float value = i;
        add(x, value);
        add(ints, value);
        assertThrows(IllegalArgumentException.class, () -> add(ints, value + 0.5f));
        assertEquals(value + 1, add(ints, value).itemInt());
      }
      assertArrayEquals(new float[] {1.5f, 2.5f}, sum.toFloats());
    }
  }
}
