package io.moshimlx.audio;

import java.util.regex.Pattern;

/**
 * A device as the system's own sound settings know it.
 *
 * @param name as the settings show it
 * @param kind what the system says it is
 */
public record SystemDevice(String name, Kind kind) {
  /** Words for headphones, and makers' models whose names have none. */
  private static final Pattern HEADPHONES =
      Pattern.compile(
          "head(phone|set)|ear(phone|pod|bud)|airpod|buds\\b|kopfh|casque|écouteur|cuffie|auricular"
              + "|\\bw[hfi]-\\w*\\d|\\bqc ?\\d|quietcomfort|jabra e(lite|volve)|momentum"
              + "|beats (fit|flex|solo|studio)",
          Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);

  /** What a system may say of a device. */
  enum Kind {
    HEADPHONES,
    LOUDSPEAKER,
    UNKNOWN
  }

  /** Whether only one person hears it, so that no microphone does. */
  public boolean isHeadphones() {
    return kind == Kind.HEADPHONES || (kind == Kind.UNKNOWN && namesHeadphones(name));
  }

  static boolean namesHeadphones(String name) {
    return HEADPHONES.matcher(name).find();
  }
}
