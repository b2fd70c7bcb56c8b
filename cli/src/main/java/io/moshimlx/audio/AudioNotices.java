package io.moshimlx.audio;

/**
 * Receives what happens to sound on its way.
 *
 * <p>Called on any thread, also on those that must keep time: an implementation returns at once.
 */
public interface AudioNotices {
  /** Ignores everything. */
  AudioNotices NONE = new AudioNotices() {};

  /** Captured frames, the oldest ones, were dropped because they were not read in time. */
  default void dropped(int frames) {}

  /** Playback ran dry. */
  default void underrun() {}

  /** Frames were not played, so that the sound does not lag. */
  default void overrun(int frames) {}

  /** The device fails; it is tried again until it is back. */
  default void lost(AudioDevice device) {}

  /** The device works again. */
  default void back(AudioDevice device) {}

  /** A recording lacks something that it should have, which the sentence names. */
  default void incomplete(String sentence) {}

  /** The microphone has given exact zeros since its start; perhaps access to it is denied. */
  default void silentMicrophone() {}
}
