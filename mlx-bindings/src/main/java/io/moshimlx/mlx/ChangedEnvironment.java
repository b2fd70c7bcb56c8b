package io.moshimlx.mlx;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.Charset;
import java.util.Map;

/**
 * Variables of the environment that have other values for native code until this is closed. {@link
 * System#getenv} and the processes that Java starts see nothing of it.
 */
final class ChangedEnvironment implements AutoCloseable {
  private static final MethodHandle PUTENV = function("putenv");
  private static final MethodHandle UNSETENV = function("unsetenv");

  private final Map<String, String> values;

  ChangedEnvironment(Map<String, String> values) {
    this.values = values;
    values.forEach(ChangedEnvironment::set);
  }

  @Override
  public void close() {
    for (String name : values.keySet()) {
      String former = System.getenv(name);
      if (former == null) {
        call(UNSETENV, name);
      } else {
        set(name, former);
      }
    }
  }

  private static void set(String name, String value) {
    call(PUTENV, name + "=" + value);
  }

  /**
   * Both take a text and return a number, as functions of MLX do, so that linking them is quick.
   */
  private static MethodHandle function(String name) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(JAVA_INT, ADDRESS));
  }

  private static void call(MethodHandle function, String text) {
    Charset charset = Charset.forName(System.getProperty("sun.jnu.encoding"));
    // The environment keeps the text itself and no copy.
    MemorySegment kept = Arena.global().allocateFrom(text, charset);
    int status;
    try {
      status = (int) function.invokeExact(kept);
    } catch (Throwable e) {
      throw new LinkageError("putenv or unsetenv", e);
    }
    if (status != 0) {
      throw new IllegalStateException("the environment cannot be changed");
    }
  }
}
