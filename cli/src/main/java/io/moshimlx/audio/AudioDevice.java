package io.moshimlx.audio;

import java.util.regex.Pattern;

/**
 * A device that sound comes from or goes to.
 *
 * @param index place among those of its direction, from 0
 * @param name as the system calls it
 * @param isDefault whether it is used where none is named
 */
public record AudioDevice(Direction direction, int index, String name, boolean isDefault) {
  private static final Pattern HEADPHONES =
      Pattern.compile(
          "head(phone|set)|ear(phone|pod|bud)|airpod|\\bbuds\\b|kopfh|casque|auricular",
          Pattern.CASE_INSENSITIVE);

  /** Whether its name says that only one person hears it, so that no microphone does. */
  public boolean isHeadphones() {
    return HEADPHONES.matcher(name).find();
  }

  /** Which way the sound goes. */
  public enum Direction {
    INPUT("microphone", "--input-device"),
    OUTPUT("loudspeaker", "--output-device");

    private final String kind;
    private final String option;

    Direction(String kind, String option) {
      this.kind = kind;
      this.option = option;
    }

    /** What people call such a device. */
    String kind() {
      return kind;
    }

    /** The option that chooses one. */
    String option() {
      return option;
    }
  }
}
