package io.moshimlx.echo;

/**
 * The native methods of {@link EchoCanceller}. They throw {@link EchoCancellerException}. A handle
 * must come from {@link #open}, and must not be used by two threads at once nor after {@link
 * #close}: the caller sees to that.
 */
final class NativeEchoCanceller {
  private NativeEchoCanceller() {}

  static native long open();

  static native void played(long handle, float[] frame);

  static native void heard(long handle, float[] frame);

  static native void setDelayMillis(long handle, int millis);

  static native void close(long handle);
}
