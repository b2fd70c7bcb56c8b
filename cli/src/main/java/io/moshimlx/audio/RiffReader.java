package io.moshimlx.audio;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.moshimlx.recording.AudioFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Finds the sound in a WAV file, also one of 64 bits (RF64, BW64, W64) or big-endian (RIFX).
 *
 * <p>Recorders crash, write to pipes and count wrongly, so sizes are believed only as far as the
 * file bears them out: the size of the whole is not looked at, sound without a size or with one
 * that is too small goes on to where another chunk or the end comes, and where a chunk is not
 * followed by another one that is searched for.
 */
final class RiffReader {
  /** Data sizes from here up stand for "not known" where there is less (0x7fff…, 0xffff…). */
  private static final long UNKNOWN_SIZE = 0x7fff_0000L;

  /** In a pipe nothing shows whether a size can be. No chunk but the sound is larger than this. */
  private static final long LARGEST_CHUNK = 1 << 30;

  private static final long LARGEST_UNUSUAL = 1 << 24;

  /** The chunks that are usual; by these a place is known even where sizes are wrong. */
  private static final Set<String> USUAL =
      Set.of(
          "fmt ", "data", "LIST", "fact", "bext", "iXML", "axml", "cue ", "smpl", "inst", "PEAK",
          "JUNK", "junk", "FLLR", "PAD ", "pad ", "id3 ", "ID3 ", "_PMX", "acid", "plst", "cart",
          "chna", "ds64", "minf", "elm1", "regn", "umid", "levl", "DISP", "afsp", "LGWV", "wavl");

  /** "data" and "fmt ". */
  private static final int DATA = 0x64617461;

  private static final int FORMAT = 0x666d7420;

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_ ]{3}");

  /** The second half of the names of W64. */
  private static final long LONG_NAME = 0x8cd100c04f8edb8aL;

  /** Bytes of a chunk's header: in RIFF, and in W64. */
  private static final int HEADER = 8;

  private static final int LONG_HEADER = 24;

  /** Chunks of W64 begin at multiples of so many bytes. */
  private static final int LONG_ALIGNMENT = 8;

  /** How a tag of MP3 players begins that they put behind the sound, and its length. */
  private static final String TAG = "TAG";

  private static final int TAG_LENGTH = 128;

  private static final int START = 12;
  private static final int LONG_START = 40;

  private final ByteFeed feed;
  private final ByteOrder order;

  /** Whether names have 16 bytes and sizes 8, which count the header. */
  private final boolean wide;

  /** What the chunk {@code ds64} says of the sound's size; −1 without one. */
  private long longSize = -1;

  private WavFormat format;
  private boolean soundFound;

  /** Bytes of sound that come next: {@link Long#MAX_VALUE} for all. */
  private long sound;

  /** Whether the chunk just left has an odd size, so that a byte may follow to fill it up. */
  private boolean odd;

  private long claimed;
  private long present;
  private boolean lacks;

  /**
   * @param feed at its start, which {@link #isWav} knows
   */
  RiffReader(ByteFeed feed) throws IOException {
    this.feed = feed;
    byte[] start = feed.peek(START);
    wide = id(start, 0).equals("riff");
    order = id(start, 0).equals("RIFX") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    feed.skip(wide ? LONG_START : START);
  }

  /** Whether a file begins as one of these. */
  static boolean isWav(byte[] start) {
    return switch (id(start, 0)) {
      case "RIFF", "RIFX", "RF64", "BW64" -> id(start, 8).equals("WAVE");
      case "riff" -> id(start, 24).equals("wave");
      default -> false;
    };
  }

  /** The format; known once sound was found. */
  WavFormat format() {
    return format;
  }

  /** What the sound lacks of its size, as far as it was read or left out. */
  Optional<String> lack() {
    return lacks
        ? Optional.of(
            String.format(
                Locale.ROOT,
                "is cut off: %,d of %,d bytes of its sound are missing",
                claimed - present,
                claimed))
        : Optional.empty();
  }

  /**
   * Goes on to the next chunk with sound in it, if the former is at its end.
   *
   * @return false if there is none any more
   * @throws AudioFileException if the format of the sound is not understood
   */
  boolean nextSound() throws IOException {
    while (findChunk()) {
      byte[] header = feed.peek(wide ? LONG_HEADER : HEADER);
      feed.skip(header.length);
      long size = size(header);
      odd = size % 2 != 0;
      switch (id(header, 0)) {
        case "fmt " -> takeFormat(size);
        case "ds64" -> takeLongSize(size);
        case "data" -> {
          if (takeSound(size)) {
            return true;
          }
        }
        default -> leaveOut(size);
      }
    }
    return false;
  }

  private void takeFormat(long size) throws IOException {
    byte[] chunk = new byte[(int) Math.min(size, WavFormat.LENGTH)];
    int read = feed.read(chunk, 0, chunk.length);
    if (format == null) {
      format = WavFormat.parse(Arrays.copyOf(chunk, read), order);
    }
    leaveOut(size - read);
  }

  private void takeLongSize(long size) throws IOException {
    byte[] chunk = new byte[(int) Math.min(size, 16)];
    int read = feed.read(chunk, 0, chunk.length);
    if (read == 16) {
      longSize = ByteBuffer.wrap(chunk).order(order).getLong(8);
    }
    leaveOut(size - read);
  }

  private void leaveOut(long size) throws IOException {
    if (size > (feed.sizeKnown() ? feed.left() : LARGEST_CHUNK)) {
      // It cannot be as large as that. Its body is searched for the next one.
      odd = false;
      return;
    }
    feed.skip(size);
  }

  /** False if there are no bytes of sound here. */
  private boolean takeSound(long stated) throws IOException {
    if (format == null) {
      throw new AudioFileException("does not say how its samples are stored before they come");
    }
    long size = stated == 0xffff_ffffL && longSize > 0 ? longSize : stated;
    boolean known = size > 0 && (size < UNKNOWN_SIZE || (feed.sizeKnown() && size <= feed.left()));
    if (size == 0 && (feed.atEnd() || atChunk(0))) {
      return false;
    }
    soundFound = true;
    sound = known ? size : Long.MAX_VALUE;
    claimed += known ? size : 0;
    lacks |= known && feed.atEnd();
    return !feed.atEnd();
  }

  /** Looks at sound that comes next, without taking it. */
  byte[] peekSound(int length) throws IOException {
    return feed.peek((int) Math.min(length, sound));
  }

  /** Takes up to {@code length} bytes of sound; fewer only at the end of the chunk. */
  int readSound(byte[] target, int length) throws IOException {
    int done = 0;
    while (done < length && (sound > 0 || goesOn())) {
      int wanted = (int) Math.min(length - done, sound);
      int read = feed.read(target, done, wanted);
      done += read;
      count(wanted, read);
    }
    return done;
  }

  /** Leaves out what comes of the sound; gives how many bytes that were. */
  long skipSound() throws IOException {
    long skipped = 0;
    byte[] block = new byte[feed.sizeKnown() ? 0 : 1 << 16];
    while (sound > 0 || goesOn()) {
      if (feed.sizeKnown()) {
        long length = Math.min(sound, feed.left());
        feed.skip(length);
        skipped += length;
        count(sound, length);
      } else {
        skipped += readSound(block, block.length);
      }
    }
    return skipped;
  }

  private void count(long wanted, long read) {
    if (sound != Long.MAX_VALUE) {
      sound -= read;
      present += read;
    }
    if (read < wanted) {
      lacks |= sound != Long.MAX_VALUE;
      sound = 0;
    }
  }

  /** Whether sound goes on behind its stated size: what comes there is neither chunk nor end. */
  private boolean goesOn() throws IOException {
    if (feed.atEnd() || !soundFound || atChunk(0) || (odd && atChunk(1))) {
      return false;
    }
    byte[] rest = feed.peek(TAG_LENGTH + 1);
    if (rest.length < (wide ? LONG_ALIGNMENT : 2)
        || (rest.length == TAG_LENGTH && id(rest, 0).startsWith(TAG))) {
      feed.skip(rest.length);
      return false;
    }
    sound = Long.MAX_VALUE;
    return true;
  }

  /** Goes to the header of the next chunk; false if there is none. */
  private boolean findChunk() throws IOException {
    if (wide) {
      return findLongChunk();
    }
    // A byte that fills up an odd chunk may be there or not, and may be a letter.
    boolean usualAfterPad = odd && isUsual(1);
    if (usualAfterPad || (odd && !isUsual(0) && atChunk(1))) {
      feed.skip(1);
      return true;
    }
    if (atChunk(0)) {
      return true;
    }
    while (!feed.atEnd() && !soundFound) {
      byte[] seen = feed.peek(ByteFeed.MOST_AHEAD);
      ByteBuffer names = ByteBuffer.wrap(seen);
      for (int at = 0; at + HEADER <= seen.length; at++) {
        if (names.getInt(at) == DATA || names.getInt(at) == FORMAT) {
          feed.skip(at);
          return true;
        }
      }
      feed.skip(seen.length < ByteFeed.MOST_AHEAD ? seen.length : seen.length - HEADER + 1);
    }
    return false;
  }

  private boolean findLongChunk() throws IOException {
    // A chunk begins at the next multiple of 8 bytes; only before the sound it is searched for
    // further.
    int most = LONG_ALIGNMENT - 1;
    byte[] seen = feed.peek(most + LONG_HEADER);
    while (true) {
      for (int at = 0; at <= most && at + LONG_HEADER <= seen.length; at++) {
        if (isLongChunk(seen, at)) {
          feed.skip(at);
          return true;
        }
      }
      if (soundFound || seen.length < LONG_HEADER) {
        return false;
      }
      feed.skip(Math.min(most, seen.length - LONG_HEADER) + 1);
      most = ByteFeed.MOST_AHEAD - LONG_HEADER;
      seen = feed.peek(ByteFeed.MOST_AHEAD);
    }
  }

  private static boolean isLongChunk(byte[] bytes, int at) {
    return bytes.length >= at + LONG_HEADER
        && ByteBuffer.wrap(bytes).getLong(at + 8) == LONG_NAME
        && USUAL.contains(id(bytes, at));
  }

  /** Whether the header of a chunk seems to be so many bytes ahead. */
  private boolean atChunk(int offset) throws IOException {
    if (wide) {
      byte[] seen = feed.peek(LONG_ALIGNMENT - 1 + LONG_HEADER);
      return IntStream.range(0, LONG_ALIGNMENT).anyMatch(at -> isLongChunk(seen, at));
    }
    byte[] seen = feed.peek(offset + HEADER);
    if (seen.length < offset + HEADER) {
      return false;
    }
    // A name that is not usual could be sound; a size that cannot be shows that.
    byte[] header = Arrays.copyOfRange(seen, offset, offset + HEADER);
    long most = feed.sizeKnown() ? feed.left() - offset - HEADER : LARGEST_UNUSUAL;
    return isUsual(offset) || (NAME.matcher(id(header, 0)).matches() && size(header) <= most);
  }

  private boolean isUsual(int offset) throws IOException {
    byte[] seen = feed.peek(offset + HEADER);
    return seen.length == offset + HEADER && USUAL.contains(id(seen, offset));
  }

  private long size(byte[] header) {
    ByteBuffer fields = ByteBuffer.wrap(header).order(order);
    return wide
        ? Math.max(0, fields.getLong(16) - LONG_HEADER)
        : Integer.toUnsignedLong(fields.getInt(4));
  }

  private static String id(byte[] bytes, int at) {
    int to = Math.min(at + 4, bytes.length);
    return at >= to ? "" : new String(bytes, at, to - at, ISO_8859_1);
  }
}
