package io.moshimlx.audio;

/**
 * Told what happens to sound on its way.
 *
 * <p>Called on any thread, also on those that must keep time: an implementation returns at once.
 */
public interface AudioNotices {
  /** Hears of nothing. */
  AudioNotices NONE = new AudioNotices() {};

  /** Captured frames, the oldest ones, were dropped because nobody fetched them in time. */
  default void dropped(int frames) {}

  /** Playback has run dry. */
  default void underrun() {}

  /** Frames were not played, so that the sound does not lag. */
  default void overrun(int frames) {}

  /** The device fails; it is tried again until it is back. */
  default void lost(AudioDevice device) {}

  /** The device works again. */
  default void back(AudioDevice device) {}

  /** A recording lacks something that it should have; the sentence names it. */
  default void incomplete(String sentence) {}

  /** The microphone has given exact zeros since its start, as one does that may not be used. */
  default void silentMicrophone() {}
}
