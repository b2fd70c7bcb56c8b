package io.moshimlx.command;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a command end in order when the user stops it: Ctrl-C or a termination signal raises a flag,
 * and the process waits for the command until this is closed.
 */
final class Interrupts implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 10;

  private final CountDownLatch finished = new CountDownLatch(1);
  private final Thread hook = new Thread(this::onShutdown, "interrupted");
  private volatile boolean raised;

  private Interrupts() {}

  static Interrupts watch() {
    Interrupts interrupts = new Interrupts();
    Runtime.getRuntime().addShutdownHook(interrupts.hook);
    return interrupts;
  }

  /** Whether the user has asked to stop. */
  boolean raised() {
    return raised;
  }

  private void onShutdown() {
    raised = true;
    try {
      // A command that hangs must not keep the user from leaving.
      boolean _ = finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    finished.countDown();
    if (!raised) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The process is ending already, which is what the hook was for.
      }
    }
  }
}
