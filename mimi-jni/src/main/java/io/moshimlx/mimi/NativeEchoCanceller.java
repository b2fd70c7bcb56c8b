package io.moshimlx.mimi;

/**
 * The native methods of {@link EchoCanceller}, in the codec's library: {@link NativeMimi#load}
 * comes first. They throw {@link MimiException}. A handle must come from {@link #open}, must not be
 * used by two threads at once nor after {@link #close}: that is for the caller to see to.
 */
final class NativeEchoCanceller {
  private NativeEchoCanceller() {}

  static native long open();

  static native void played(long handle, float[] frame);

  static native void heard(long handle, float[] frame);

  static native void setDelayMillis(long handle, int millis);

  static native void close(long handle);
}
