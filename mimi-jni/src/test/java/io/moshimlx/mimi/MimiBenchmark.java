package io.moshimlx.mimi;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * CPU time of the codec for a frame, as a line of JSON: the counterpart of
 * scripts/compare/mimi_upstream.py. CPU time is that of the whole process, JVM included.
 *
 * <p>Arguments: a checkpoint, which is made if it is not there, and the number of frames.
 */
public final class MimiBenchmark {
  private static final int CODEBOOKS = 8;
  private static final int WARM_UP = 5;

  private MimiBenchmark() {}

  public static void main(String[] arguments) throws IOException {
    Path checkpoint = Path.of(arguments[0]);
    int frames = Integer.parseInt(arguments[1]);
    if (!Files.exists(checkpoint)) {
      SyntheticCodec.full().write(checkpoint);
    }
    var process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long encode = 0;
    long decode = 0;
    try (Mimi mimi = Mimi.open(checkpoint, CODEBOOKS);
        MimiEncoder encoder = mimi.newEncoder();
        MimiDecoder decoder = mimi.newDecoder()) {
      for (int index = 0; index < WARM_UP + frames; index++) {
        float[] pcm = frame(index);
        long start = process.getProcessCpuTime();
        int[] codes = encoder.encode(pcm);
        long middle = process.getProcessCpuTime();
        decoder.decode(codes);
        long end = process.getProcessCpuTime();
        if (index >= WARM_UP) {
          encode += middle - start;
          decode += end - middle;
        }
      }
    }
    double encodeMs = encode / 1e6 / frames;
    double decodeMs = decode / 1e6 / frames;
    System.out.printf(
        Locale.ROOT,
        "{\"frames\": %d, \"encode_cpu_ms\": %.2f, \"decode_cpu_ms\": %.2f, \"cpu_ms\": %.2f}%n",
        frames,
        encodeMs,
        decodeMs,
        encodeMs + decodeMs);
  }

  /** Two tones. */
  private static float[] frame(int index) {
    float[] pcm = new float[Mimi.FRAME_SAMPLES];
    for (int i = 0; i < pcm.length; i++) {
      double seconds = (index * (double) pcm.length + i) / Mimi.SAMPLE_RATE;
      pcm[i] =
          (float)
              (0.3 * Math.sin(2 * Math.PI * 220 * seconds)
                  + 0.1 * Math.sin(2 * Math.PI * 1730 * seconds));
    }
    return pcm;
  }
}
