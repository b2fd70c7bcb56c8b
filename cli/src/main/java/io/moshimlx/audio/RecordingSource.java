package io.moshimlx.audio;

import io.moshimlx.UserException;
import io.moshimlx.mimi.AudioFileException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A recording of any usual format, rate and number of channels, as 24 kHz mono frames.
 *
 * <p>Read as it goes, never whole. One that is 24 kHz mono already comes through unaltered. The
 * last frame is filled with silence.
 */
public final class RecordingSource implements AudioSource {
  private static final String STDIN = "stdin";

  /** As the user knows it. */
  private final String name;

  private final Path path;
  private final AudioNotices notices;
  private final Recording recording;
  private final SampleReader samples;
  private boolean lackTold;

  private RecordingSource(
      String name, Path path, Recording recording, Channel channel, AudioNotices notices) {
    this.name = name;
    this.path = path;
    this.notices = notices;
    this.recording = recording;
    SampleReader mono = channel.of(recording);
    samples =
        recording.rate() == SAMPLE_RATE ? mono : new Resampler(mono, recording.rate(), SAMPLE_RATE);
    tellLack();
  }

  /** Opens the mean of all channels of a file. */
  public static RecordingSource open(Path path, AudioNotices notices) {
    return open(path, Channel.MIX, notices);
  }

  /**
   * Opens a file, or a pipe that carries a recording.
   *
   * @param notices receive what the recording lacks
   * @throws UserException if there is none, it holds no sound or has no such channel, or its kind
   *     is not understood
   */
  public static RecordingSource open(Path path, Channel channel, AudioNotices notices) {
    String name = path.toString();
    try {
      return of(name, path, Recordings.open(path), channel, notices);
    } catch (AudioFileException e) {
      throw Recordings.refusal(name, true, e);
    } catch (IOException e) {
      throw unreadable(name, path, e);
    }
  }

  /** Opens a stream that carries a recording: stdin. */
  public static RecordingSource ofStdin(InputStream stdin, Channel channel, AudioNotices notices) {
    try {
      return of(STDIN, null, Recordings.open(stdin), channel, notices);
    } catch (AudioFileException e) {
      throw Recordings.refusal(STDIN, false, e);
    } catch (IOException e) {
      throw unreadable(STDIN, null, e);
    }
  }

  private static RecordingSource of(
      String name, Path path, Recording recording, Channel channel, AudioNotices notices) {
    if (channel.number() > recording.channels()) {
      int channels = recording.channels();
      recording.close();
      throw new UserException(
          "%s has %s, so there is no channel %d"
              .formatted(
                  name, channels == 1 ? "one channel" : channels + " channels", channel.number()),
          "choose another, or 'mix' for all");
    }
    return new RecordingSource(name, path, recording, channel, notices);
  }

  @Override
  public boolean read(float[] frame) {
    int read = read(frame, 0, FRAME_SAMPLES);
    if (read == 0) {
      return false;
    }
    Arrays.fill(frame, read, FRAME_SAMPLES, 0f);
    return true;
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
    while (length < most) {
      read = Arrays.copyOf(read, Math.max(read.length, 2 * length));
      int more = read(read, length, (int) Math.min(read.length - length, most - length));
      if (more == 0) {
        break;
      }
      length += more;
    }
    return Arrays.copyOf(read, length);
  }

  private int read(float[] target, int offset, int length) {
    try {
      int read = samples.read(target, offset, length);
      if (read < length) {
        tellLack();
      }
      return read;
    } catch (AudioFileException e) {
      throw Recordings.refusal(name, path != null, e);
    } catch (IOException e) {
      throw unreadable(name, path, e);
    }
  }

  private void tellLack() {
    if (!lackTold) {
      recording
          .lack()
          .ifPresent(lack -> {
            lackTold = true;
            notices.incomplete("%s %s; what is there is used".formatted(name, lack));
          });
    }
  }

  @Override
  public long totalFrames() {
    long length = recording.length();
    return length < 0
        ? -1
        : Math.ceilDiv(
            Resampler.outputLength(length, recording.rate(), SAMPLE_RATE), (long) FRAME_SAMPLES);
  }

  @Override
  public void close() {
    recording.close();
  }

  private static UserException unreadable(String name, Path path, IOException e) {
    String remedy = "give a recording that can be read";
    return path == null
        ? new UserException("%s cannot be read: %s".formatted(name, e.getMessage()), remedy, e)
        : UserException.cannotRead(path, e, remedy);
  }
}
