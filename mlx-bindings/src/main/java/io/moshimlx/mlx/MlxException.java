package io.moshimlx.mlx;

/** MLX refused an operation, a file, or could not be loaded; the message says which and why. */
public final class MlxException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MlxException(String message) {
    super(message);
  }

  public MlxException(String message, Throwable cause) {
    super(message, cause);
  }
}
