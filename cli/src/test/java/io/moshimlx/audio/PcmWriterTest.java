package io.moshimlx.audio;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import javax.sound.sampled.AudioFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PcmWriterTest {
  private static final int FRAME = AudioSource.FRAME_SAMPLES;

  /** Writes a signal frame by frame and reads it again at 24 kHz mono. */
  private static float[] thereAndBack(float[] signal, AudioFormat format) throws IOException {
    PcmWriter writer = new PcmWriter(format);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < signal.length; i += FRAME) {
      byte[] bytes = writer.encode(Arrays.copyOfRange(signal, i, i + FRAME));
      assertEquals(Math.round(format.getFrameRate() * 0.08) * format.getFrameSize(), bytes.length);
      out.writeBytes(bytes);
    }
    SampleReader reader = PcmReader.of(new ByteArrayInputStream(out.toByteArray()), format);
    int rate = Math.round(format.getSampleRate());
    if (rate != AudioSource.SAMPLE_RATE) {
      reader = new Resampler(reader, rate, AudioSource.SAMPLE_RATE);
    }
    float[] back = new float[signal.length];
    assertEquals(back.length, reader.read(back, 0, back.length));
    return back;
  }

  @ParameterizedTest
  @CsvSource({"16, 1, false", "16, 2, true", "24, 1, true", "24, 2, false", "32, 6, false"})
  void samplesComeBackAsTheyWere(int bits, int channels, boolean bigEndian) throws IOException {
    float[] signal = Signals.noise(0.8);
    signal[0] = -1;
    signal[1] = 32767 / 0x1p15f;
    float[] back = thereAndBack(signal, new AudioFormat(24000, bits, channels, true, bigEndian));
    assertEquals(signal.length, Signals.matching(signal, 0, back, 0, signal.length));
  }

  @ParameterizedTest
  @ValueSource(ints = {48000, 44100, 96000})
  void otherRatesCarryTheSameSoundAMomentLater(int rate) throws IOException {
    float[] signal = Signals.tone(1.6, 440);
    float[] back = thereAndBack(signal, new AudioFormat(rate, 16, 2, true, false));
    int delay = new Resampler((target, offset, length) -> 0, 24000, rate).lookAhead();
    for (int i = 2000; i < signal.length - 2000; i++) {
      assertEquals(signal[i - delay], back[i], 1e-3);
    }
  }

  @Test
  void whatIsTooLoudIsClippedAndNoNumberIsSilence() throws IOException {
    float[] signal = new float[FRAME];
    Arrays.fill(signal, 0, 10, 1.5f);
    Arrays.fill(signal, 10, 20, -1.5f);
    Arrays.fill(signal, 20, 30, Float.NaN);
    for (int bits : new int[] {16, 24, 32}) {
      float[] back = thereAndBack(signal, new AudioFormat(24000, bits, 1, true, false));
      assertEquals(1, back[5], 1e-4);
      assertEquals(-1, back[15]);
      assertEquals(0, back[25]);
    }
    assertEquals(Short.MAX_VALUE, PcmWriter.pcm16(7));
    assertEquals(Short.MIN_VALUE, PcmWriter.pcm16(-7));
    assertEquals(0, PcmWriter.pcm16(Float.NaN));
  }
}
