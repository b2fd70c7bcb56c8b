package io.moshimlx.mimi;

import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;

/** Spoken sentences at 24 kHz, in whole frames. */
public final class Speech {
  private Speech() {}

  /** A sentence, repeated to fill so many frames. */
  public static float[] frames(int count) throws Exception {
    return frames("speech.wav", count);
  }

  /** A sentence in another voice, likewise. */
  public static float[] otherVoice(int count) throws Exception {
    return frames("other-voice.wav", count);
  }

  private static float[] frames(String resource, int count) throws Exception {
    byte[] wav = SyntheticCodec.resource(resource);
    try (AudioInputStream in = AudioSystem.getAudioInputStream(new ByteArrayInputStream(wav))) {
      var samples =
          ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer();
      float[] pcm = new float[count * Mimi.FRAME_SAMPLES];
      for (int i = 0; i < pcm.length; i++) {
        pcm[i] = samples.get(i % samples.limit()) / 32768f;
      }
      return pcm;
    }
  }

  static float[] frame(float[] pcm, int index) {
    return Arrays.copyOfRange(pcm, index * Mimi.FRAME_SAMPLES, (index + 1) * Mimi.FRAME_SAMPLES);
  }
}
