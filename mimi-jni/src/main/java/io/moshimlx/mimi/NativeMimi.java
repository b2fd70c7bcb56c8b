package io.moshimlx.mimi;

/**
 * The native methods of {@link Mimi}. They throw {@link MimiException}; the lengths and values of
 * arrays are checked there. A handle must come from {@link #open} and must not be used after {@link
 * #close}: the caller sees to that.
 */
final class NativeMimi {
  private NativeMimi() {}

  static native String version();

  /** Returns a handle; {@code config} is null for the released Mimi. */
  static native long open(String weights, String config, int codebooks);

  static native int cardinality(long handle);

  static native int[] encode(long handle, float[] pcm);

  static native void decode(long handle, int[] codes, float[] frame);

  static native long sanitizedSamples(long handle);

  static native void reset(long handle);

  static native void close(long handle);
}
