package io.moshimlx.recording;

/**
 * The native methods of {@link AudioFile}. They throw {@link AudioFileException}. A handle must
 * come from {@link #open}, and must not be used by two threads at once nor after {@link #close}:
 * the caller sees to that.
 */
final class NativeAudioFile {
  private NativeAudioFile() {}

  static native long open(String path);

  static native int rate(long handle);

  static native int channels(long handle);

  static native long frames(long handle);

  static native int read(long handle, float[] samples, int length);

  /** Null where nothing lacks. */
  static native String lack(long handle);

  static native void close(long handle);
}
