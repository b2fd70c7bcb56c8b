package io.moshimlx.echo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.mimi.Mimi;
import io.moshimlx.mimi.Speech;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The canceller through JNI, in one simulated room; the Rust tests try many. */
class EchoCancellerTest {
  private static final int FRAME = Mimi.FRAME_SAMPLES;
  private static final int DELAY_MILLIS = 140;

  /** Speech as the microphone hears it: later, softer, and with a tail of 0.3 s. */
  private static float[] echoOf(float[] played) {
    Random random = new Random(1);
    int delay = DELAY_MILLIS * Mimi.SAMPLE_RATE / 1000;
    float[] response = new float[delay + 3 * Mimi.SAMPLE_RATE / 10];
    for (int i = delay; i < response.length; i++) {
      double decay = Math.pow(10, -3.0 * (i - delay) / (response.length - delay));
      response[i] = (float) (0.008 * random.nextGaussian() * decay);
    }
    response[delay] = 0.35f;
    float[] echo = new float[played.length];
    for (int i = delay; i < response.length; i++) {
      for (int k = 0; i + k < echo.length; k++) {
        echo[i + k] += response[i] * played[k];
      }
    }
    return echo;
  }

  private static float[] noise(int samples) {
    Random random = new Random(2);
    float[] noise = new float[samples];
    for (int i = 0; i < samples; i++) {
      noise[i] = (float) (0.0004 * random.nextGaussian());
    }
    return noise;
  }

  private static float[] sum(float[] a, float[] b) {
    float[] sum = a.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += b[i];
    }
    return sum;
  }

  private static double product(float[] a, float[] b) {
    double product = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
    }
    return product;
  }

  private static float[] seconds(float[] pcm, int from, int to) {
    return Arrays.copyOfRange(pcm, from * Mimi.SAMPLE_RATE, to * Mimi.SAMPLE_RATE);
  }

  private static double db(double ratio) {
    return 10 * Math.log10(ratio);
  }

  /** How much stronger the voice is than all else, in dB. */
  private static double siSdr(float[] voice, float[] heard) {
    double scale = product(voice, heard) / product(voice, voice);
    double signal = scale * scale * product(voice, voice);
    return db(signal / (product(heard, heard) - signal));
  }

  private static float[] run(EchoCanceller canceller, float[] played, float[] microphone) {
    float[] out = new float[microphone.length];
    for (int at = 0; at < out.length; at += FRAME) {
      canceller.played(Arrays.copyOfRange(played, at, at + FRAME));
      float[] heard = Arrays.copyOfRange(microphone, at, at + FRAME);
      canceller.heard(heard);
      System.arraycopy(heard, 0, out, at, FRAME);
    }
    return out;
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, DELAY_MILLIS - 40, DELAY_MILLIS, DELAY_MILLIS + 40})
  void theEchoIsRemovedWithinThreeSeconds(int toldMillis) throws Exception {
    float[] played = Speech.frames(100);
    float[] echo = echoOf(played);
    try (EchoCanceller canceller = EchoCanceller.open()) {
      if (toldMillis >= 0) {
        canceller.setDelayMillis(toldMillis);
      }
      float[] out = run(canceller, played, sum(echo, noise(echo.length)));
      float[] before = seconds(echo, 3, 8);
      float[] after = seconds(out, 3, 8);
      double removed = db(product(before, before) / product(after, after));
      assertTrue(removed >= 25, () -> removed + " dB");
    }
  }

  @Test
  void aVoiceAsLoudAsTheEchoIsKept() throws Exception {
    float[] played = Speech.frames(150);
    float[] voice = Speech.otherVoice(150);
    Arrays.fill(voice, 0, 4 * Mimi.SAMPLE_RATE, 0);
    float[] echo = echoOf(played);
    double gain = Math.sqrt(product(echo, echo) * 8 / 12 / product(voice, voice));
    for (int i = 0; i < voice.length; i++) {
      voice[i] *= (float) gain;
    }
    float[] microphone = sum(sum(echo, voice), noise(voice.length));
    try (EchoCanceller canceller = EchoCanceller.open()) {
      float[] out = run(canceller, played, microphone);
      float[] late =
          Arrays.copyOfRange(
              out, EchoCanceller.LATENCY_SAMPLES, out.length + EchoCanceller.LATENCY_SAMPLES);
      double before = siSdr(seconds(voice, 4, 11), seconds(microphone, 4, 11));
      double after = siSdr(seconds(voice, 4, 11), seconds(late, 4, 11));
      assertTrue(after >= before + 3, () -> before + " dB, then " + after + " dB");
    }
  }

  @Test
  void whatIsHeardComesOutLateByTheLatency() throws Exception {
    float[] voice = Speech.frames(25);
    try (EchoCanceller canceller = EchoCanceller.open()) {
      float[] out = run(canceller, new float[voice.length], voice);
      int latency = EchoCanceller.LATENCY_SAMPLES;
      float[] late = Arrays.copyOfRange(out, latency, out.length);
      assertTrue(siSdr(Arrays.copyOf(voice, late.length), late) > 20);
    }
  }

  @Test
  void samplesThatAreNoNumbersAreSilence() {
    float[] samples = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
    float[] frame = new float[FRAME];
    for (int i = 0; i < FRAME; i++) {
      frame[i] = samples[i % samples.length];
    }
    try (EchoCanceller canceller = EchoCanceller.open();
        EchoCanceller silent = EchoCanceller.open()) {
      for (int i = 0; i < 10; i++) {
        canceller.played(frame);
        silent.played(new float[FRAME]);
        float[] odd = frame.clone();
        float[] zeros = new float[FRAME];
        canceller.heard(odd);
        silent.heard(zeros);
        assertArrayEquals(zeros, odd);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 64, 239, 241, 1919, 1921})
  void framesOfAnotherLengthAreRefused(int length) {
    try (EchoCanceller canceller = EchoCanceller.open()) {
      float[] frame = new float[length];
      for (Runnable use :
          new Runnable[] {() -> canceller.played(frame), () -> canceller.heard(frame)}) {
        EchoCancellerException e = assertThrows(EchoCancellerException.class, use::run);
        assertTrue(e.getMessage().contains(length + " samples"), e.getMessage());
        assertTrue(e.getMessage().contains("multiple of 240"), e.getMessage());
      }
      assertThrows(NullPointerException.class, () -> canceller.played(null));
      assertThrows(NullPointerException.class, () -> canceller.heard(null));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 240, 960, 3840, 48_000})
  void framesOfOtherLengthsGiveWhatUsualOnesGive(int length) throws Exception {
    float[] speech = Speech.frames(25);
    try (EchoCanceller canceller = EchoCanceller.open();
        EchoCanceller usual = EchoCanceller.open()) {
      float[] heard = Arrays.copyOf(speech, length);
      canceller.played(new float[length]);
      canceller.heard(heard);
      float[] expected = new float[length];
      for (int at = 0; at < length; at += EchoCanceller.BLOCK_SAMPLES) {
        float[] block = Arrays.copyOfRange(speech, at, at + EchoCanceller.BLOCK_SAMPLES);
        usual.played(new float[block.length]);
        usual.heard(block);
        System.arraycopy(block, 0, expected, at, block.length);
      }
      assertArrayEquals(expected, heard);
    }
  }

  @Test
  void aClosedCancellerSaysSo() {
    EchoCanceller canceller = EchoCanceller.open();
    canceller.close();
    canceller.close();
    for (Runnable use :
        new Runnable[] {
          () -> canceller.played(new float[FRAME]),
          () -> canceller.heard(new float[FRAME]),
          () -> canceller.setDelayMillis(100)
        }) {
      EchoCancellerException e = assertThrows(EchoCancellerException.class, use::run);
      assertEquals("the echo canceller is closed", e.getMessage());
    }
  }

  @Test
  void severalThreadsAndOneThatClosesAreSafe() throws Exception {
    float[] frame = Speech.frames(1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int round = 0; round < 20; round++) {
        EchoCanceller canceller = EchoCanceller.open();
        CountDownLatch working = new CountDownLatch(3);
        List<Future<?>> workers =
            List.of(
                threads.submit(() -> workUntilClosed(working, () -> canceller.played(frame))),
                threads.submit(() -> workUntilClosed(working, () -> canceller.heard(frame))),
                threads.submit(
                    () -> workUntilClosed(working, () -> canceller.setDelayMillis(100))));
        working.await();
        canceller.close();
        for (Future<?> worker : workers) {
          worker.get();
        }
      }
    }
  }

  private static void workUntilClosed(CountDownLatch working, Runnable work) {
    try {
      while (true) {
        work.run();
        working.countDown();
      }
    } catch (EchoCancellerException e) {
      assertEquals("the echo canceller is closed", e.getMessage());
    } finally {
      working.countDown();
    }
  }
}
