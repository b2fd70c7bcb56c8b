package io.moshimlx.audio;

/**
 * A device that sound comes from or goes to.
 *
 * @param index place among those of its direction, from 0
 * @param name as the system calls it
 * @param isDefault whether it is used where none is named
 */
public record AudioDevice(Direction direction, int index, String name, boolean isDefault) {
  /**
   * Whether it is not a device, but stands for the one that the system's settings choose. So do the
   * first one on a Mac and the one that ALSA's configuration calls "default".
   */
  public boolean standsForDefault() {
    return isDefault && (name.equals("Default Audio Device") || name.endsWith("[default]"));
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
