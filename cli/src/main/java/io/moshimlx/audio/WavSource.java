package io.moshimlx.audio;

import io.moshimlx.UserException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioFormat.Encoding;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import javax.sound.sampled.UnsupportedAudioFileException;

/**
 * A WAV file of any rate, width and number of channels, as 24 kHz mono frames.
 *
 * <p>Read as it goes, never whole. A file that is 24 kHz mono already comes through unaltered. The
 * last frame is filled with silence.
 */
public final class WavSource implements AudioSource {
  private static final int MIN_RATE = 1_000;
  private static final int MAX_RATE = 768_000;

  private final Path path;
  private final InputStream stream;
  private final SampleReader samples;
  private final long totalFrames;

  private WavSource(Path path, InputStream stream, SampleReader samples, long totalFrames) {
    this.path = path;
    this.stream = stream;
    this.samples = samples;
    this.totalFrames = totalFrames;
  }

  /**
   * Opens a WAV file, or a pipe that carries one.
   *
   * @throws UserException if there is none, or it holds no sound, is cut off, or of an unknown kind
   */
  public static WavSource open(Path path) {
    long sampleFrames = Files.isRegularFile(path) ? WavHeader.check(path) : -1;
    InputStream file = null;
    try {
      file = new BufferedInputStream(Files.newInputStream(path), 1 << 16);
      AudioInputStream audio = AudioSystem.getAudioInputStream(file);
      int rate = Math.round(audio.getFormat().getSampleRate());
      if (rate < MIN_RATE || rate > MAX_RATE) {
        throw unsupported(path, "sound of %,d samples a second".formatted(rate), null);
      }
      audio = linear(audio);
      SampleReader samples = PcmReader.of(audio, audio.getFormat());
      if (samples == null) {
        throw unsupported(path, audio.getFormat().toString(), null);
      }
      if (rate == SAMPLE_RATE) {
        return new WavSource(path, audio, samples, frames(sampleFrames));
      }
      long resampled =
          sampleFrames < 0 ? -1 : Resampler.outputLength(sampleFrames, rate, SAMPLE_RATE);
      return new WavSource(
          path, audio, new Resampler(samples, rate, SAMPLE_RATE), frames(resampled));
    } catch (IOException | UnsupportedAudioFileException | UserException e) {
      closeQuietly(file);
      throw switch (e) {
        case UserException known -> known;
        case IOException failure -> unreadable(path, failure);
        default -> unsupported(path, "a kind of WAV that is not understood", e);
      };
    }
  }

  private static AudioInputStream linear(AudioInputStream audio) {
    AudioFormat format = audio.getFormat();
    Encoding encoding = format.getEncoding();
    boolean companded = encoding.equals(Encoding.ULAW) || encoding.equals(Encoding.ALAW);
    return companded ? AudioSystem.getAudioInputStream(Encoding.PCM_SIGNED, audio) : audio;
  }

  private static long frames(long samples) {
    return samples < 0 ? -1 : Math.ceilDiv(samples, (long) FRAME_SAMPLES);
  }

  @Override
  public boolean read(float[] frame) {
    try {
      int read = samples.read(frame, 0, FRAME_SAMPLES);
      if (read == 0) {
        return false;
      }
      Arrays.fill(frame, read, FRAME_SAMPLES, 0f);
      return true;
    } catch (IOException e) {
      throw unreadable(path, e);
    }
  }

  /**
   * Reads what is left, sample by sample: without the silence that fills a frame.
   *
   * @param most no more than so many samples
   * @throws UserException if the file fails
   */
  float[] readSamples(long most) {
    float[] read = new float[FRAME_SAMPLES];
    int length = 0;
    try {
      while (length < most) {
        read = Arrays.copyOf(read, Math.max(read.length, 2 * length));
        int more = samples.read(read, length, (int) Math.min(read.length - length, most - length));
        if (more == 0) {
          break;
        }
        length += more;
      }
    } catch (IOException e) {
      throw unreadable(path, e);
    }
    return Arrays.copyOf(read, length);
  }

  @Override
  public long totalFrames() {
    return totalFrames;
  }

  @Override
  public void close() {
    closeQuietly(stream);
  }

  private static void closeQuietly(InputStream stream) {
    try {
      if (stream != null) {
        stream.close();
      }
    } catch (IOException e) {
      // Nothing was written: a failed close of an input loses nothing.
    }
  }

  static UserException unreadable(Path path, IOException e) {
    return UserException.cannotRead(path, e, "give a WAV file that can be read");
  }

  private static UserException unsupported(Path path, String what, Throwable cause) {
    return new UserException(
        "%s holds %s; convert it first: %s".formatted(path, what, WavHeader.remedy(path)), cause);
  }
}
