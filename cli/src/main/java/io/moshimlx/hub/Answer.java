package io.moshimlx.hub;

import java.net.URI;
import java.net.http.HttpHeaders;
import java.util.Optional;

/**
 * What a host answers.
 *
 * @param uri that was asked for
 */
record Answer<T>(URI uri, int statusCode, HttpHeaders headers, T body) {

  /** The value of a header, if it has one. */
  Optional<String> header(String name) {
    return headers.firstValue(name).map(String::strip).filter(text -> !text.isEmpty());
  }
}
