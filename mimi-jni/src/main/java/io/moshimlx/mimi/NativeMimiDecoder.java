package io.moshimlx.mimi;

/**
 * The native methods of {@link MimiDecoder}. They throw {@link MimiException}; the lengths and
 * values of arrays are checked there. A handle must come from {@link NativeMimi#newDecoder}, and
 * must not be used by two threads at once nor after {@link #close}: the caller sees to that.
 */
final class NativeMimiDecoder {
  private NativeMimiDecoder() {}

  static native void decode(long handle, int[] codes, float[] frame);

  static native void reset(long handle);

  static native void close(long handle);
}
