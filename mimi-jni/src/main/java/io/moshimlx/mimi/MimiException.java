package io.moshimlx.mimi;

import io.moshimlx.jni.NativeException;

/** A codec cannot be opened, or one of its streams was used wrongly or failed. */
public final class MimiException extends NativeException {
  public MimiException(String message) {
    super(message);
  }
}
