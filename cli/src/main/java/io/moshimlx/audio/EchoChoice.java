package io.moshimlx.audio;

import io.moshimlx.audio.SystemDevice.Kind;

/**
 * Whether echo is cancelled.
 *
 * @param on whether it is
 * @param why for people
 */
public record EchoChoice(boolean on, String why) {
  /** It is, unless the loudspeaker is headphones. */
  public static EchoChoice automatic(AudioDevice output, SystemDefaults defaults) {
    if (!output.standsForDefault()) {
      return with(new SystemDevice(output.name(), Kind.UNKNOWN));
    }
    return defaults
        .behind(output)
        .map(EchoChoice::with)
        .orElse(new EchoChoice(true, "the default loudspeaker's name is not known"));
  }

  private static EchoChoice with(SystemDevice output) {
    if (output.isHeadphones()) {
      return new EchoChoice(false, "'%s' is headphones".formatted(output.name()));
    }
    return new EchoChoice(
        true,
        (output.kind() == Kind.LOUDSPEAKER
                ? "'%s' is a loudspeaker"
                : "nothing says that '%s' is headphones")
            .formatted(output.name()));
  }

  /** In words: "echo cancellation off: 'AirPods' is headphones". */
  public String words() {
    return "echo cancellation %s: %s".formatted(on ? "on" : "off", why);
  }
}
