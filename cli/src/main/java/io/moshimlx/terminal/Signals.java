package io.moshimlx.terminal;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Handlers of signals. The JDK has them in {@code sun.misc} of the module {@code jdk.unsupported},
 * of which the compiler warns in a way that cannot be switched off, so they are used by name.
 */
final class Signals {
  private static final String SIGNAL = "sun.misc.Signal";
  private static final String HANDLER = "sun.misc.SignalHandler";

  private Signals() {}

  /**
   * Has a signal run something, in a thread of its own. Where the JVM has no such signal, or keeps
   * it for itself, nothing happens.
   *
   * @param name without SIG
   */
  static void handle(String name, Runnable action) {
    try {
      MethodHandle run =
          MethodHandles.lookup()
              .findVirtual(Runnable.class, "run", MethodType.methodType(void.class))
              .bindTo(action);
      Object handler =
          MethodHandleProxies.asInterfaceInstance(
              Class.forName(HANDLER), MethodHandles.dropArguments(run, 0, Class.forName(SIGNAL)));
      set(name, handler);
    } catch (ReflectiveOperationException e) {
      // A runtime without the module.
    }
  }

  /** Gives a signal back its usual effect. */
  static void reset(String name) {
    try {
      set(name, Class.forName(HANDLER).getField("SIG_DFL").get(null));
    } catch (ReflectiveOperationException e) {
      // A runtime without the module.
    }
  }

  private static void set(String name, Object handler) throws ReflectiveOperationException {
    Class<?> signal = Class.forName(SIGNAL);
    signal
        .getMethod("handle", signal, Class.forName(HANDLER))
        .invoke(null, signal.getConstructor(String.class).newInstance(name), handler);
  }
}
