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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Sound through a real sound server. */
@Tag("device")
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

  /** Reads what the microphone hears until somebody has spoken, and a bit more. */
  private static float[] listen(Microphone microphone, Process speaker) {
    List<float[]> frames = new ArrayList<>();
    for (int after = 0; after < 10; after += speaker.isAlive() ? 0 : 1) {
      float[] frame = new float[FRAME];
      assertTrue(microphone.read(frame));
      frames.add(frame);
      assertTrue(frames.size() < 500, "no end of it within 40 s");
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
    // Past the second within which nothing is counted.
    play(new float[25 * FRAME], pace, speaker);
    play(signal, pace, speaker);
    play(new float[8 * FRAME], pace, speaker);
    SoundServer.await("the end", () -> endsSilently(recording.samples()));
    return recording.samples();
  }

  private static boolean endsSilently(float[] samples) {
    int length = samples.length;
    return length > 3 * FRAME
        && Signals.decibels(samples, length - 3 * FRAME, length) == Double.NEGATIVE_INFINITY;
  }

  private interface Passage {
    void run(Microphone microphone, Speaker speaker) throws Exception;
  }

  private void through(
      LineSupervisor.Opener<TargetDataLine> capture,
      LineSupervisor.Opener<SourceDataLine> playback,
      Passage passage)
      throws Exception {
    LineSupervisor.RetryPolicy policy = LineSupervisor.RetryPolicy.DEFAULT;
    try (Microphone microphone =
            new Microphone(
                AudioDevices.input(null, Map.of()),
                capture,
                _ -> {},
                notices,
                policy,
                Clock.SYSTEM);
        Speaker speaker =
            new Speaker(
                AudioDevices.output(null, Map.of()),
                playback,
                Speaker.Listener.NONE,
                notices,
                policy,
                Clock.SYSTEM)) {
      passage.run(microphone, speaker);
    }
  }

  private static void assertCaptured(float[] signal, float[] heard, Microphone microphone) {
    Signals.assertHeard(signal, 0, heard, microphone.silentFrames() + microphone.droppedFrames());
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
  void everySampleIsCapturedAndPlayedAgainOrReported() throws Exception {
    float[] signal = Signals.noise(25 * 0.08);
    try (SoundServer server = SoundServer.start()) {
      AudioDevice in = AudioDevices.input(null, Map.of());
      AudioDevice out = AudioDevices.output(null, Map.of());
      through(
          () -> LineFormats.capture(in),
          () -> LineFormats.playback(out),
          (microphone, speaker) -> {
            microphone.read(new float[FRAME]);
            float[] heard = listen(microphone, server.speak(signal));
            assertTrue(microphone.lagMillis() >= 0);
            assertCaptured(signal, heard, microphone);
            float[] played = playWhole(signal, microphone, speaker, server);
            Signals.assertHeard(signal, 0, played, speaker.underruns() + speaker.overrunFrames());
          });
    }
  }

  @Test
  void twoMicrophonesHearTheSameDevice() throws Exception {
    float[] signal = Signals.noise(1);
    try (SoundServer server = SoundServer.start()) {
      AudioDevice in = AudioDevices.input(null, Map.of());
      AudioDevice out = AudioDevices.output(null, Map.of());
      through(
          () -> LineFormats.capture(in),
          () -> LineFormats.playback(out),
          (microphone, speaker) -> {
            try (Microphone other = microphone()) {
              other.read(new float[FRAME]);
              microphone.read(new float[FRAME]);
              Process voice = server.speak(signal);
              CompletableFuture<float[]> otherHeard =
                  CompletableFuture.supplyAsync(() -> listen(other, voice));
              assertCaptured(signal, listen(microphone, voice), microphone);
              assertCaptured(signal, otherHeard.get(), other);
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
      through(
          () -> open48kHzStereo(TargetDataLine.class, mixer),
          () -> open48kHzStereo(SourceDataLine.class, mixer),
          (microphone, speaker) -> {
            microphone.read(new float[FRAME]);
            float[] heard = listen(microphone, server.speak(signal));
            assertSteadyTone(heard, microphone.silentFrames() + microphone.droppedFrames());
            float[] played = playWhole(signal, microphone, speaker, server);
            assertSteadyTone(played, speaker.underruns() + speaker.overrunFrames());
          });
    }
  }

  /**
   * Asserts that there are 2 s of the tone of 1 kHz at the level that it had, without a gap or a
   * click but for those reported.
   */
  private static void assertSteadyTone(float[] heard, long reported) {
    int from = 0;
    int to = heard.length;
    while (from < to && Math.abs(heard[from]) < 0.4) {
      from++;
    }
    while (to > from && Math.abs(heard[to - 1]) < 0.4) {
      to--;
    }
    if (reported == 0) {
      assertEquals(2.0, (to - from) / 24_000.0, 0.01);
      assertEquals(-9.03, Signals.decibels(heard, from, to), 0.1);
    }
    int breaks = 0;
    for (int i = from + 200; i < to - 200; i++) {
      // A sine of 24 samples a period is the negative of itself 12 samples before.
      if (Math.abs(heard[i] + heard[i - 12]) > 2e-3) {
        breaks++;
        i += 200;
      }
    }
    // Each gap has two ends.
    assertTrue(breaks <= 2 * reported, breaks + " breaks, reported " + reported);
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
      passThrough(microphone, speaker, () -> microphone.outages() == 1 && speaker.outages() == 1);
      long silent = microphone.silentFrames();
      passThrough(microphone, speaker, () -> microphone.silentFrames() == silent + 20);
      assertEquals(
          Collections.nCopies(2, "lost " + SoundServer.DEVICE),
          notices.heard().stream().filter(notice -> notice.startsWith("lost")).toList());
      server.restart();
      server.speak(speech);
      SoundServer.Recording after = server.record();
      passThrough(microphone, speaker, () -> sounds(after));
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
      CompletableFuture<UserException> spoken =
          CompletableFuture.supplyAsync(() ->
              failure(() -> {
                speaker.write(new float[FRAME]);
                Thread.sleep(80);
                return true;
              }));
      UserException heard = failure(() -> microphone.read(new float[FRAME]));
      assertTrue(
          heard
              .getMessage()
              .startsWith(
                  "the microphone '%s' has been away for 10 seconds".formatted(SoundServer.DEVICE)),
          heard.getMessage());
      assertTrue(
          spoken.get().getMessage().startsWith("the loudspeaker"), spoken.get().getMessage());
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
      long silent = microphone.silentFrames();
      passThrough(microphone, speaker, () -> microphone.silentFrames() - silent == 40);
      server.thaw();
      passThrough(microphone, speaker, () -> microphone.levelDb() > -20);
      passThrough(microphone, speaker, () -> sounds(recording));
    }
  }

  /** It would never end otherwise: the server blocks until it is killed, after the devices. */
  @Test
  void aServerThatBlocksDoesNotHoldUpTheEnd() throws Exception {
    try (SoundServer server = SoundServer.start()) {
      try (Microphone microphone = microphone();
          Speaker speaker = speaker()) {
        passThrough(microphone, speaker, () -> speaker.latencyMillis() > 0);
        server.freeze();
        passThrough(microphone, speaker, () -> microphone.outages() == 1);
      }
    }
  }
}
