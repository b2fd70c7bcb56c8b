package io.moshimlx.audio;

import io.moshimlx.recording.NoSoundException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** The sound of a WAV file, from a file or a pipe. */
final class RiffRecording implements Recording {
  private static final int BLOCK_BYTES = 1 << 16;

  private final ByteFeed feed;
  private final RiffReader reader;
  private final WavFormat.Layout layout;
  private final ByteBuffer bytes;

  /** What was seen of a file before it is read; null for a pipe. */
  private final Survey survey;

  /** What a look at a whole file shows. */
  private static final class Survey {
    /** Samples of each channel. */
    private long length;

    /** The first sound that is not silence, where that was looked for. */
    private byte[] loud = {};

    private Optional<String> lack;
  }

  private RiffRecording(ByteFeed feed, RiffReader reader, Survey survey, WavFormat.Layout layout) {
    this.feed = feed;
    this.reader = reader;
    this.survey = survey;
    this.layout = layout;
    int frames = Math.max(1, BLOCK_BYTES / layout.frameBytes());
    bytes = ByteBuffer.allocate(frames * layout.frameBytes()).order(layout.order());
  }

  /**
   * Opens a file.
   *
   * @throws NoSoundException if there is no sound in it
   * @throws io.moshimlx.recording.AudioFileException if its sound is of a kind that is not
   *     understood
   */
  static RiffRecording of(Path path) throws IOException {
    Survey survey;
    try (ByteFeed whole = feed(path)) {
      survey = survey(new RiffReader(whole));
    }
    ByteFeed feed = feed(path);
    try {
      return open(feed, survey);
    } catch (IOException | RuntimeException e) {
      feed.close();
      throw e;
    }
  }

  /** Opens a stream, which is closed with this. */
  static RiffRecording of(InputStream stream) throws IOException {
    return open(new ByteFeed(stream, Long.MAX_VALUE), null);
  }

  private static ByteFeed feed(Path path) throws IOException {
    long size = Files.size(path);
    return new ByteFeed(new BufferedInputStream(Files.newInputStream(path), BLOCK_BYTES), size);
  }

  private static RiffRecording open(ByteFeed feed, Survey survey) throws IOException {
    RiffReader reader = new RiffReader(feed);
    while (reader.nextSound()) {
      WavFormat format = reader.format();
      byte[] sound = survey == null ? reader.peekSound(format.lookBytes()) : survey.loud;
      WavFormat.Layout layout = format.layout(sound);
      if (reader.peekSound(layout.frameBytes()).length == layout.frameBytes()) {
        return new RiffRecording(feed, reader, survey, layout);
      }
      reader.skipSound();
    }
    throw new NoSoundException(
        reader.lack().isPresent() ? "is cut off before its sound begins" : "holds no sound");
  }

  /** Goes through all chunks of a file, without reading their sound but where that is needed. */
  private static Survey survey(RiffReader reader) throws IOException {
    Survey survey = new Survey();
    WavFormat.Layout layout = null;
    while (reader.nextSound()) {
      WavFormat format = reader.format();
      long looked = 0;
      byte[] block = new byte[format.needsLook() && layout == null ? format.lookBytes() : 0];
      while (layout == null) {
        int read = reader.readSound(block, block.length);
        looked += read;
        survey.loud = Arrays.copyOf(block, read);
        if (read < block.length || block.length == 0 || !isSilent(survey.loud)) {
          layout = format.layout(survey.loud);
        }
      }
      survey.length += (looked + reader.skipSound()) / layout.frameBytes();
    }
    survey.lack = reader.lack();
    return survey;
  }

  private static boolean isSilent(byte[] sound) {
    for (byte b : sound) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int rate() {
    return reader.format().rate();
  }

  @Override
  public int channels() {
    return layout.channels();
  }

  @Override
  public long length() {
    return survey == null ? -1 : survey.length;
  }

  @Override
  public Optional<String> lack() {
    return survey == null ? reader.lack() : survey.lack;
  }

  @Override
  public int read(float[] target, int offset, int count) throws IOException {
    int frameBytes = layout.frameBytes();
    int done = 0;
    while (done < count) {
      int wanted = Math.min(count - done, bytes.capacity() / frameBytes);
      // An incomplete sample at the end of a chunk is dropped.
      int frames = reader.readSound(bytes.array(), wanted * frameBytes) / frameBytes;
      decode(frames, target, offset + done * layout.channels());
      done += frames;
      if (frames < wanted && !reader.nextSound()) {
        break;
      }
    }
    return done;
  }

  private void decode(int frames, float[] target, int offset) {
    for (int i = 0; i < frames * layout.channels(); i++) {
      target[offset + i] = layout.gain() * layout.coding().decode(bytes, i * layout.stride());
    }
  }

  @Override
  public void close() {
    try {
      feed.close();
    } catch (IOException e) {
      // Nothing was written: a failed close of an input loses nothing.
    }
  }
}
