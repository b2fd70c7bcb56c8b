package io.moshimlx.mimi;

/**
 * The native methods of {@link Mimi}. They throw {@link MimiException}. A handle must come from
 * {@link #open}, and must not be used by two threads at once nor after {@link #close}: the caller
 * sees to that.
 */
final class NativeMimi {
  private NativeMimi() {}

  static native String version();

  /** Returns a handle; {@code config} is null for the released Mimi. */
  static native long open(String weights, String config, int codebooks);

  static native int cardinality(long handle);

  /** Returns a handle for {@link NativeMimiEncoder}. */
  static native long newEncoder(long handle);

  /** Returns a handle for {@link NativeMimiDecoder}. */
  static native long newDecoder(long handle);

  static native void close(long handle);
}
