package io.moshimlx.mimi;

/** Something about a codec went wrong; the message says what, and names the file if it is one. */
public final class MimiException extends RuntimeException {
  public MimiException(String message) {
    super(message);
  }

  public MimiException(String message, Throwable cause) {
    super(message, cause);
  }
}
