package io.moshimlx.audio;

import java.io.IOException;

/**
 * Which channel of a recording is heard.
 *
 * @param number counted from 1; 0 for the mean of all
 */
public record Channel(int number) {
  /** The mean of all channels. */
  public static final Channel MIX = new Channel(0);

  public static final Channel LEFT = new Channel(1);
  public static final Channel RIGHT = new Channel(2);

  /** The channel's samples, in one stream. */
  SampleReader of(Recording recording) {
    return recording.channels() == 1 ? recording::read : new Picked(recording);
  }

  /** One channel out of several, or all in one. */
  private final class Picked implements SampleReader {
    private static final int BLOCK_SAMPLES = 1 << 14;

    private final Recording recording;
    private final int channels;
    private final float[] block;

    private Picked(Recording recording) {
      this.recording = recording;
      channels = recording.channels();
      block = new float[Math.max(1, BLOCK_SAMPLES / channels) * channels];
    }

    @Override
    public int read(float[] target, int offset, int length) throws IOException {
      int done = 0;
      while (done < length) {
        int wanted = Math.min(length - done, block.length / channels);
        int read = recording.read(block, 0, wanted);
        for (int i = 0; i < read; i++) {
          target[offset + done++] = pick(i * channels);
        }
        if (read < wanted) {
          break;
        }
      }
      return done;
    }

    private float pick(int at) {
      if (number > 0) {
        return block[at + number - 1];
      }
      double sum = 0;
      for (int channel = 0; channel < channels; channel++) {
        sum += block[at + channel];
      }
      return (float) (sum / channels);
    }
  }
}
