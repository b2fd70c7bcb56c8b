package io.moshimlx.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class MlxThreadTest {
  private final CountDownLatch begun = new CountDownLatch(1);

  @Test
  void theEarliestDeadlineComesFirstAndEqualOnesInTheirOrder() throws Exception {
    CountDownLatch busy = new CountDownLatch(1);
    List<String> done = new CopyOnWriteArrayList<>();
    try (var callers = Executors.newCachedThreadPool();
        MlxThread mlx = MlxThread.start()) {
      Future<?> first = callers.submit(() -> mlx.run(() -> hold(busy)));
      begun.await();
      long now = System.nanoTime();
      List<Future<?>> waiting = new ArrayList<>();
      Object[][] work = {
        {MlxThread.NO_DEADLINE, "file"},
        {now + 90, "later"},
        {now, "sooner"},
        {now, "soon"},
        {MlxThread.NO_DEADLINE, "other file"}
      };
      for (Object[] item : work) {
        int before = mlx.waiting();
        waiting.add(
            callers.submit(() -> mlx.call((long) item[0], () -> done.add((String) item[1]))));
        while (mlx.waiting() == before) {
          Thread.onSpinWait();
        }
      }
      busy.countDown();
      first.get();
      for (Future<?> each : waiting) {
        each.get();
      }
    }
    assertEquals(List.of("sooner", "soon", "later", "file", "other file"), done);
  }

  @Test
  void aFailureIsTheCallersAndTheThreadGoesOn() {
    RuntimeException failure = new IllegalStateException("broken");
    try (MlxThread mlx = MlxThread.start()) {
      assertSame(
          failure,
          assertThrows(
              IllegalStateException.class,
              () ->
                  mlx.run(() -> {
                    throw failure;
                  })));
      assertEquals(7, mlx.call(() -> 7));
      assertEquals(8, mlx.call(() -> mlx.call(() -> 8)), "work may ask for work");
    }
  }

  @Test
  void whatWaitsWhenItEndsIsCancelled() throws Exception {
    CountDownLatch busy = new CountDownLatch(1);
    MlxThread mlx = MlxThread.start();
    try (var callers = Executors.newCachedThreadPool()) {
      Future<Integer> running =
          callers.submit(() ->
              mlx.call(() -> {
                hold(busy);
                return 1;
              }));
      begun.await();
      Future<Integer> waiting = callers.submit(() -> mlx.call(() -> 2));
      while (mlx.waiting() == 0) {
        Thread.onSpinWait();
      }
      Future<?> closing = callers.submit(mlx::close);
      while (mlx.waiting() == 1) {
        Thread.onSpinWait();
      }
      busy.countDown();
      closing.get();
      assertEquals(1, running.get(), "what has begun is finished");
      assertTrue(
          assertThrows(java.util.concurrent.ExecutionException.class, waiting::get).getCause()
              instanceof CancellationException);
    }
    assertThrows(IllegalStateException.class, () -> mlx.call(() -> 3));
  }

  /** Work that takes as long as the test wants. */
  private void hold(CountDownLatch busy) {
    begun.countDown();
    try {
      busy.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
