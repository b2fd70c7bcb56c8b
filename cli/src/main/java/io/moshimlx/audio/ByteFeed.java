package io.moshimlx.audio;

import java.io.IOException;
import java.io.InputStream;

/** The bytes of a file or pipe, in their order, with a look ahead. */
final class ByteFeed implements AutoCloseable {
  /** How far ahead can be looked. */
  static final int MOST_AHEAD = 1 << 16;

  private final InputStream in;

  /** Read, but not taken: from {@code from} to {@code to}. */
  private final byte[] ahead = new byte[2 * MOST_AHEAD];

  private int from;
  private int to;

  /** Bytes that are still to come, or {@link Long#MAX_VALUE} where that is not known. */
  private long left;

  /**
   * A feed of a stream that is closed with it.
   *
   * @param size bytes in all, or {@link Long#MAX_VALUE}
   */
  ByteFeed(InputStream in, long size) {
    this.in = in;
    this.left = size;
  }

  boolean sizeKnown() {
    return left != Long.MAX_VALUE;
  }

  /** Bytes to come; more than there can be where that is not known. */
  long left() {
    return left;
  }

  /** Looks at up to {@code length} bytes that come next: a copy, shorter only at the end. */
  byte[] peek(int length) throws IOException {
    if (to - from < length) {
      System.arraycopy(ahead, from, ahead, 0, to - from);
      to -= from;
      from = 0;
      to += in.readNBytes(ahead, to, length - to);
    }
    byte[] seen = new byte[Math.min(length, to - from)];
    System.arraycopy(ahead, from, seen, 0, seen.length);
    return seen;
  }

  boolean atEnd() throws IOException {
    return peek(1).length == 0;
  }

  /** Takes up to {@code length} bytes; fewer only at the end. */
  int read(byte[] target, int offset, int length) throws IOException {
    int held = Math.min(length, to - from);
    System.arraycopy(ahead, from, target, offset, held);
    from += held;
    int read = held + in.readNBytes(target, offset + held, length - held);
    took(read);
    return read;
  }

  /** Leaves out so many bytes, or what there is. */
  void skip(long length) throws IOException {
    int held = (int) Math.min(length, to - from);
    from += held;
    took(held);
    long rest = Math.min(length - held, left);
    while (rest > 0) {
      long skipped = in.skip(rest);
      if (skipped == 0 && in.read() < 0) {
        break;
      }
      rest -= Math.max(1, skipped);
      took(Math.max(1, skipped));
    }
  }

  private void took(long count) {
    if (sizeKnown()) {
      // A file that still grows has more than it had.
      left = Math.max(0, left - count);
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
