package io.moshimlx.hub;

/** What opens gated repositories; never printed. */
record HubToken(String value, String source) {

  /** Where it came from, and nothing else. */
  @Override
  public String toString() {
    return "the token of " + source;
  }
}
