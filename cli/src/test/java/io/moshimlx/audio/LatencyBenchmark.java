package io.moshimlx.audio;

import java.util.List;
import java.util.Map;

/**
 * Prints how long sound takes from the microphone to the loudspeaker, those of a sound server,
 * where nothing is done with it; scripts/latency runs it.
 */
final class LatencyBenchmark {
  private static final int CLICKS = 100;

  private LatencyBenchmark() {}

  public static void main(String[] args) throws Exception {
    try (SoundServer server = SoundServer.start();
        Microphone microphone =
            Microphone.open(AudioDevices.input(null, Map.of()), _ -> {}, AudioNotices.NONE);
        Speaker speaker =
            Speaker.open(
                AudioDevices.output(null, Map.of()), Speaker.Listener.NONE, AudioNotices.NONE)) {
      Clicks captured = server.clicks("mic");
      Clicks played = server.clicks("speaker");
      float[] signal = Clicks.signal(CLICKS);
      server.speak(signal);
      float[] frame = new float[AudioSource.FRAME_SAMPLES];
      // As long as the signal and two seconds more, for the player to begin.
      int frames = signal.length / frame.length + 25;
      for (int i = 0; i < frames && microphone.read(frame); i++) {
        speaker.write(frame);
      }
      List<Double> millis = captured.until(played);
      System.out.printf(
          "microphone to loudspeaker: median %.0f ms, p99 %.0f ms of %d clicks; %d underruns, %d dropped%n",
          quantile(millis, 0.5),
          quantile(millis, 0.99),
          millis.size(),
          speaker.underruns(),
          microphone.droppedFrames());
    }
  }

  private static double quantile(List<Double> ascending, double share) {
    return ascending.get((int) Math.round(share * (ascending.size() - 1)));
  }
}
