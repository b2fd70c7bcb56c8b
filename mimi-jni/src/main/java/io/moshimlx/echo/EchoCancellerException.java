package io.moshimlx.echo;

import io.moshimlx.jni.NativeException;

/** An echo canceller was used wrongly or failed. */
public final class EchoCancellerException extends NativeException {
  public EchoCancellerException(String message) {
    super(message);
  }
}
