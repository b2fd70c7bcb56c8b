package io.moshimlx.jni;

/**
 * A native helper failed, or its library cannot be loaded. The message is one sentence for the
 * user, "WHAT; REMEDY" where there is a remedy, and names the file if it is about one.
 */
public class NativeException extends RuntimeException {
  public NativeException(String message) {
    super(message);
  }

  NativeException(String message, Throwable cause) {
    super(message, cause);
  }
}
