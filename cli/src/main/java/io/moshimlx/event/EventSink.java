package io.moshimlx.event;

/** Receives the events of a session in order: session, frames and warnings, end. */
@FunctionalInterface
public interface EventSink {
  /**
   * Takes one event: always on the same thread of the session, one after another.
   *
   * @throws io.moshimlx.UserException if it cannot be written; the session ends
   */
  void accept(Event event);

  /** A sink that hands each event to all of these, in order. */
  static EventSink all(Iterable<EventSink> sinks) {
    return event -> sinks.forEach(sink -> sink.accept(event));
  }
}
