package io.moshimlx.engine;

/** Memory that is set aside until this is closed, once. */
@FunctionalInterface
public interface Reservation extends AutoCloseable {
  @Override
  void close();
}
