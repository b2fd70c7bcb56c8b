package io.moshimlx.audio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.Clock;
import io.moshimlx.UserException;
import io.moshimlx.audio.AudioDevice.Direction;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import javax.sound.sampled.DataLine;
import javax.sound.sampled.Line;
import javax.sound.sampled.LineUnavailableException;
import javax.sound.sampled.Mixer;
import javax.sound.sampled.SourceDataLine;
import javax.sound.sampled.TargetDataLine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Sound through a real sound server. */
@EnabledOnOs(
    value = OS.LINUX,
    disabledReason = "PulseAudio stands in for the devices on Linux only")
class LiveAudioTest {
  private static final int FRAME = AudioSource.FRAME_SAMPLES;

  private final Notices notices = new Notices();

  private Microphone microphone() {
    return Microphone.open(AudioDevices.input(null, Map.of()), _ -> {}, notices);
  }

  private Speaker speaker() {
    return Speaker.open(AudioDevices.output(null, Map.of()), Speaker.Listener.NONE, notices);
  }

  /** Reads frames until one of them is silent again after there was sound. */
  private static float[] listen(Microphone microphone) {
    List<float[]> frames = new ArrayList<>();
    boolean heard = false;
    boolean silent = false;
    while (!heard || !silent) {
      float[] frame = new float[FRAME];
      assertTrue(microphone.read(frame));
      frames.add(frame);
      silent = microphone.levelDb() == Double.NEGATIVE_INFINITY;
      heard |= !silent;
      assertTrue(frames.size() < 250, "no sound within 20 s");
    }
    float[] all = new float[frames.size() * FRAME];
    for (int i = 0; i < frames.size(); i++) {
      System.arraycopy(frames.get(i), 0, all, i * FRAME, FRAME);
    }
    return all;
  }

  /** Plays samples at the pace of a microphone. */
  private static void play(float[] samples, Microphone pace, Speaker speaker) {
    float[] frame = new float[FRAME];
    for (int i = 0; i < samples.length; i += FRAME) {
      pace.read(frame);
      System.arraycopy(samples, i, frame, 0, FRAME);
      speaker.write(frame);
    }
  }

  /**
   * Plays a signal from its start to its end.
   *
   * @return what the loudspeaker gave
   */
  private static float[] playWhole(
      float[] signal, Microphone pace, Speaker speaker, SoundServer server) throws Exception {
    SoundServer.Recording recording = server.record();
    // Past the second within which nothing is counted, and until the last of it is out.
    play(new float[15 * FRAME], pace, speaker);
    play(signal, pace, speaker);
    play(new float[8 * FRAME], pace, speaker);
    return recording.samples();
  }

  /** Something that takes sound without a gap. */
  private interface Passage {
    void run(Microphone microphone, Speaker speaker) throws Exception;
  }

  /**
   * Repeats what a machine that is busy otherwise may spoil, until sound was neither late nor
   * dropped; then it must be right.
   */
  private void inTime(
      LineSupervisor.Opener<TargetDataLine> capture,
      LineSupervisor.Opener<SourceDataLine> playback,
      Passage passage)
      throws Exception {
    for (int attempt = 1; ; attempt++) {
      try (Microphone microphone =
              new Microphone(
                  AudioDevices.input(null, Map.of()),
                  capture,
                  _ -> {},
                  notices,
                  LineSupervisor.RetryPolicy.DEFAULT,
                  Clock.SYSTEM);
          Speaker speaker =
              new Speaker(
                  AudioDevices.output(null, Map.of()),
                  playback,
                  Speaker.Listener.NONE,
                  notices,
                  LineSupervisor.RetryPolicy.DEFAULT,
                  Clock.SYSTEM)) {
        int before = notices.heard().size();
        try {
          passage.run(microphone, speaker);
          return;
        } catch (AssertionError e) {
          boolean late = notices.heard().size() > before || microphone.silentFrames() > 0;
          if (!late || attempt == 5) {
            throw e;
          }
        }
      }
    }
  }

  /** Plays what the microphone hears until something holds. */
  private static void passThrough(Microphone microphone, Speaker speaker, BooleanSupplier until) {
    float[] frame = new float[FRAME];
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (!until.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "it did not come within 20 s");
      assertTrue(microphone.read(frame));
      speaker.write(frame);
    }
  }

  /** Whether the end of what was recorded is sound. */
  private static boolean sounds(SoundServer.Recording recording) {
    float[] samples = recording.samples();
    int length = samples.length;
    return length > FRAME && Signals.decibels(samples, length - FRAME, length) > -20;
  }

  @Test
  void theVirtualDevicesAreListed() throws Exception {
    try (SoundServer _ = SoundServer.start()) {
      assertEquals(
          List.of(new AudioDevice(AudioDevice.Direction.INPUT, 0, SoundServer.DEVICE, true)),
          AudioDevices.inputs());
      assertEquals(
          List.of(new AudioDevice(AudioDevice.Direction.OUTPUT, 0, SoundServer.DEVICE, true)),
          AudioDevices.outputs());
    }
  }

  @Test
  void everySampleIsCapturedAndPlayedAgain() throws Exception {
    float[] signal = Signals.noise(25 * 0.08);
    try (SoundServer server = SoundServer.start()) {
      AudioDevice in = AudioDevices.input(null, Map.of());
      AudioDevice out = AudioDevices.output(null, Map.of());
      inTime(
          () -> LineFormats.capture(in),
          () -> LineFormats.playback(out),
          (microphone, speaker) -> {
            microphone.read(new float[FRAME]);
            server.speak(signal);
            float[] heard = listen(microphone);
            assertTrue(microphone.lagMillis() >= 0);
            Signals.assertWhole(signal, heard);
            assertEquals(0, microphone.droppedFrames());
            assertEquals(0, microphone.silentFrames());
            Signals.assertWhole(signal, playWhole(heard, microphone, speaker, server));
            assertEquals(0, speaker.underruns());
            assertEquals(0, speaker.overrunFrames());
          });
    }
  }

  @Test
  void twoMicrophonesHearTheSameDevice() throws Exception {
    float[] signal = Signals.noise(1);
    try (SoundServer server = SoundServer.start()) {
      AudioDevice in = AudioDevices.input(null, Map.of());
      AudioDevice out = AudioDevices.output(null, Map.of());
      inTime(
          () -> LineFormats.capture(in),
          () -> LineFormats.playback(out),
          (microphone, speaker) -> {
            try (Microphone other = microphone()) {
              other.read(new float[FRAME]);
              microphone.read(new float[FRAME]);
              CompletableFuture<float[]> otherHeard =
                  CompletableFuture.supplyAsync(() -> listen(other));
              server.speak(signal);
              Signals.assertWhole(signal, listen(microphone));
              Signals.assertWhole(signal, otherHeard.get());
            }
          });
    }
  }

  /** Opens lines as if the device had no other format. */
  private static <L extends DataLine> L open48kHzStereo(Class<L> type, Mixer mixer)
      throws LineUnavailableException {
    return LineFormats.open(
        type == TargetDataLine.class ? Direction.INPUT : Direction.OUTPUT,
        new Line.Info[0],
        (format, bytes) -> {
          if (format.getSampleRate() != 48_000 || format.getChannels() != 2) {
            throw new IllegalArgumentException();
          }
          L line = type.cast(mixer.getLine(new DataLine.Info(type, format)));
          switch (line) {
            case TargetDataLine capture -> capture.open(format, bytes);
            case SourceDataLine playback -> playback.open(format, bytes);
            default -> throw new AssertionError(type);
          }
          return line;
        });
  }

  @Test
  void aDeviceThatOpensAt48kHzStereoOnlyIsHeardAndPlayed() throws Exception {
    float[] signal = Signals.tone(25 * 0.08, 1000);
    try (SoundServer server = SoundServer.start48kHzStereo()) {
      Mixer mixer = AudioDevices.mixer(AudioDevices.input(null, Map.of()));
      inTime(
          () -> open48kHzStereo(TargetDataLine.class, mixer),
          () -> open48kHzStereo(SourceDataLine.class, mixer),
          (microphone, speaker) -> {
            microphone.read(new float[FRAME]);
            server.speak(signal);
            assertSteadyTone(listen(microphone));
            assertSteadyTone(playWhole(signal, microphone, speaker, server));
          });
    }
  }

  /** That there are 2 s of the tone of 1 kHz, at the level it had, without a gap or a click. */
  private static void assertSteadyTone(float[] heard) {
    int from = 0;
    int to = heard.length;
    while (from < to && Math.abs(heard[from]) < 0.4) {
      from++;
    }
    while (to > from && Math.abs(heard[to - 1]) < 0.4) {
      to--;
    }
    assertEquals(2.0, (to - from) / 24_000.0, 0.01);
    assertEquals(-9.03, Signals.decibels(heard, from, to), 0.1);
    for (int i = from + 200; i < to - 200; i++) {
      // A sine of 24 samples a period is the negative of itself 12 samples before.
      assertEquals(-heard[i - 12], heard[i], 2e-3, "at " + (i - from));
    }
  }

  @Test
  void theSessionGoesOnWhenTheServerIsBack() throws Exception {
    float[] speech = Signals.tone(30, 500);
    try (SoundServer server = SoundServer.start();
        Microphone microphone = microphone();
        Speaker speaker = speaker()) {
      server.speak(speech);
      SoundServer.Recording before = server.record();
      passThrough(microphone, speaker, () -> sounds(before));
      server.kill();
      long killed = System.nanoTime();
      passThrough(microphone, speaker, () -> microphone.outages() == 1 && speaker.outages() == 1);
      passThrough(microphone, speaker, () -> microphone.silentFrames() == 20);
      assertEquals(1.6, (System.nanoTime() - killed) * 1e-9, 1.0);
      assertEquals(
          Collections.nCopies(2, "lost " + SoundServer.DEVICE),
          notices.heard().stream().filter(notice -> notice.startsWith("lost")).toList());
      server.restart();
      server.speak(speech);
      SoundServer.Recording after = server.record();
      passThrough(microphone, speaker, () -> sounds(after));
      assertTrue(System.nanoTime() - killed < 10_000_000_000L);
      assertEquals(1, microphone.outages());
      assertEquals(1, speaker.outages());
    }
  }

  @Test
  void aServerThatIsGoneForGoodEndsTheSessionAfterTenSeconds() throws Exception {
    try (SoundServer server = SoundServer.start();
        Microphone microphone = microphone();
        Speaker speaker = speaker()) {
      microphone.read(new float[FRAME]);
      server.kill();
      long killed = System.nanoTime();
      CompletableFuture<UserException> spoken =
          CompletableFuture.supplyAsync(() ->
              failure(() -> {
                speaker.write(new float[FRAME]);
                Thread.sleep(80);
                return true;
              }));
      UserException heard = failure(() -> microphone.read(new float[FRAME]));
      double seconds = (System.nanoTime() - killed) * 1e-9;
      assertTrue(seconds > 10 && seconds < 13, seconds + " s");
      assertTrue(
          heard
              .getMessage()
              .startsWith(
                  "the microphone '%s' has been away for 10 seconds".formatted(SoundServer.DEVICE)),
          heard.getMessage());
      assertTrue(
          spoken.get().getMessage().startsWith("the loudspeaker"), spoken.get().getMessage());
      // Nearly 10 s of silence, so that a recording keeps time.
      assertTrue(Math.abs(microphone.silentFrames() - seconds * 12.5) < 4);
    }
  }

  private static UserException failure(Callable<Boolean> step) {
    return assertThrows(
        UserException.class,
        () -> {
          while (true) {
            assertTrue(step.call());
          }
        });
  }

  @Test
  void aMicrophoneThatDeliversNothingForAWhileIsHeardAgain() throws Exception {
    try (SoundServer server = SoundServer.start();
        Microphone microphone = microphone();
        Speaker speaker = speaker()) {
      server.speak(Signals.tone(30, 500));
      SoundServer.Recording recording = server.record();
      passThrough(microphone, speaker, () -> sounds(recording));
      server.suspendMicrophone(true);
      passThrough(microphone, speaker, () -> microphone.outages() == 1);
      server.suspendMicrophone(false);
      passThrough(
          microphone, speaker, () -> notices.heard().contains("back " + SoundServer.DEVICE));
      passThrough(microphone, speaker, () -> microphone.levelDb() > -20);
      assertEquals(0, speaker.outages());
    }
  }

  @Test
  void aServerThatBlocksForAWhileDoesNotHoldUpTheSession() throws Exception {
    try (SoundServer server = SoundServer.start();
        Microphone microphone = microphone();
        Speaker speaker = speaker()) {
      server.speak(Signals.tone(30, 500));
      SoundServer.Recording recording = server.record();
      passThrough(microphone, speaker, () -> sounds(recording));
      server.freeze();
      long frozen = System.nanoTime();
      long silent = microphone.silentFrames();
      passThrough(microphone, speaker, () -> microphone.silentFrames() - silent == 40);
      assertEquals(3.2, (System.nanoTime() - frozen) * 1e-9, 1.0);
      server.thaw();
      passThrough(microphone, speaker, () -> microphone.levelDb() > -20);
      passThrough(microphone, speaker, () -> sounds(recording));
    }
  }

  @Test
  void aServerThatBlocksDoesNotHoldUpTheEnd() throws Exception {
    try (SoundServer server = SoundServer.start()) {
      long end;
      try (Microphone microphone = microphone();
          Speaker speaker = speaker()) {
        passThrough(microphone, speaker, () -> speaker.latencyMillis() > 0);
        server.freeze();
        passThrough(microphone, speaker, () -> microphone.outages() == 1);
        end = System.nanoTime();
      }
      assertTrue(System.nanoTime() - end < 1_500_000_000L);
    }
  }
}
