package io.moshimlx.mimi;

/**
 * The native methods of {@link MimiEncoder}. They throw {@link MimiException}. A handle must come
 * from {@link NativeMimi#newEncoder}, and must not be used by two threads at once nor after {@link
 * #close}: the caller sees to that.
 */
final class NativeMimiEncoder {
  private NativeMimiEncoder() {}

  static native int[] encode(long handle, float[] pcm);

  static native long sanitizedSamples(long handle);

  static native void reset(long handle);

  static native void close(long handle);
}
