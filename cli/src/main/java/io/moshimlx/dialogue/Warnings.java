package io.moshimlx.dialogue;

import io.moshimlx.Clock;
import io.moshimlx.audio.AudioDevice;
import io.moshimlx.audio.AudioNotices;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.audio.Microphone;
import io.moshimlx.event.EventSink;
import io.moshimlx.event.WarningEvent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Collects warnings from all threads, to be sent between two frames. Warnings that recur often are
 * sent at most once a second, with their count.
 */
public final class Warnings implements AudioNotices {
  /** Frames that are looked at before a machine is called too slow: 10 seconds. */
  private static final int PACE_FRAMES = 10_000 / AudioSource.FRAME_MILLIS;

  private static final long QUIET_NANOS = 1_000_000_000;

  private final Clock clock;
  private final List<WarningEvent> pending = new ArrayList<>();
  private int dropped;
  private int underruns;
  private int overrun;
  private long allDropped;
  private long allUnderruns;
  private long allOverrun;
  private long outages;
  private long toldNanos;
  private double paceMillis;
  private int paceFrames;
  private boolean slowTold;
  private boolean loopTold;

  public Warnings() {
    this(Clock.SYSTEM);
  }

  Warnings(Clock clock) {
    this.clock = clock;
    toldNanos = clock.nanoTime() - QUIET_NANOS;
  }

  @Override
  public synchronized void dropped(int frames) {
    dropped += frames;
    allDropped += frames;
  }

  @Override
  public synchronized void underrun() {
    underruns++;
    allUnderruns++;
  }

  @Override
  public synchronized void overrun(int frames) {
    overrun += frames;
    allOverrun += frames;
  }

  @Override
  public synchronized void lost(AudioDevice device) {
    outages++;
    add("device_lost", "'%s' is gone; waiting for it to come back".formatted(device.name()));
  }

  @Override
  public synchronized void back(AudioDevice device) {
    add("device_back", "'%s' is back".formatted(device.name()));
  }

  @Override
  public synchronized void silentMicrophone() {
    add("silent_microphone", "the microphone gives nothing but zeros: " + Microphone.zerosRemedy());
  }

  @Override
  public synchronized void incomplete(String sentence) {
    add("input_incomplete", sentence);
  }

  /**
   * Records how long the slowest stage of a frame took. If the first 10 seconds of a live session
   * show that it cannot keep up, one warning says so.
   *
   * @param ms milliseconds
   */
  synchronized void pace(double ms) {
    paceMillis += ms;
    paceFrames++;
    if (paceFrames == PACE_FRAMES
        && !slowTold
        && paceMillis / paceFrames > AudioSource.FRAME_MILLIS) {
      slowTold = true;
      add(
          "slow",
          String.format(
              Locale.ROOT,
              "a frame takes %.0f ms, but lasts only %d: choose a smaller --quant or a smaller"
                  + " model, or close other programs",
              paceMillis / paceFrames,
              AudioSource.FRAME_MILLIS));
    }
  }

  /** Warns that a model which takes a voice as a prompt has none stored, and none was given. */
  public synchronized void voiceless(Path model) {
    add(
        "no_voice",
        "the model in %s comes without stored voices (voices.tgz, or the folder voices), so its voice is left to chance; download it again, or give a recording with --voice"
            .formatted(model));
  }

  /** Warns that the text repeats itself, once in a session. */
  synchronized void loop() {
    if (!loopTold) {
      loopTold = true;
      add(
          "loop",
          "Moshi's text repeats itself: --repetition-penalty 1.3, a higher --text-temp or a"
              + " larger --quant helps, and so does a new start");
    }
  }

  synchronized long droppedFrames() {
    return allDropped;
  }

  synchronized long underruns() {
    return allUnderruns;
  }

  synchronized long overrunFrames() {
    return allOverrun;
  }

  synchronized long outages() {
    return outages;
  }

  /** Sends the warnings that are due. */
  void send(EventSink events) {
    take().forEach(events::accept);
  }

  private synchronized List<WarningEvent> take() {
    long now = clock.nanoTime();
    if (now - toldNanos >= QUIET_NANOS && dropped + underruns + overrun > 0) {
      toldNanos = now;
      addCount("lag", dropped, "of the microphone dropped: the machine does not keep up");
      addCount("overrun", overrun, "left out of playback, which lagged behind");
      if (underruns > 0) {
        add("underrun", "playback ran dry %d times".formatted(underruns));
      }
      dropped = 0;
      overrun = 0;
      underruns = 0;
    }
    List<WarningEvent> due = List.copyOf(pending);
    pending.clear();
    return due;
  }

  private void addCount(String code, int frames, String what) {
    if (frames > 0) {
      add(code, "%d frames (%d ms) %s".formatted(frames, frames * AudioSource.FRAME_MILLIS, what));
    }
  }

  private void add(String code, String message) {
    pending.add(new WarningEvent(code, message));
  }
}
