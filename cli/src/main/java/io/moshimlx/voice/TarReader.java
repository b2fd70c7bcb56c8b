package io.moshimlx.voice;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a tar archive from its start to its end: ustar with its prefixes, GNU's long names, and the
 * pax headers for a path and a size. It refuses whatever else changes how content is read.
 */
final class TarReader {
  private static final int BLOCK = 512;

  /** No path, and no set of pax headers, is as long. */
  private static final int LARGEST_HEADER = 1 << 20;

  private static final int CHECKSUM = 148;
  private static final int CHECKSUM_END = 156;

  private final InputStream in;

  /** Bytes up to the next header: the rest of the content, and its padding. */
  private long rest;

  /** Bytes of the content that nobody has read yet. */
  private long content;

  /**
   * An entry.
   *
   * @param name its path, as the archive has it
   * @param isFile whether it is a regular file: a folder, a link or a device has no content
   * @param size bytes of its content
   */
  record Entry(String name, boolean isFile, long size) {}

  /** Reads an archive that is not compressed; whoever opened the stream closes it. */
  TarReader(InputStream in) {
    this.in = in;
  }

  /**
   * The next entry, behind what is left of the last one.
   *
   * @return empty at the end
   * @throws IOException if the archive is damaged, or has an entry of a type that is not read
   */
  Optional<Entry> next() throws IOException {
    Map<String, String> pax = new HashMap<>();
    while (true) {
      in.skipNBytes(rest);
      hold(0);
      byte[] header = in.readNBytes(BLOCK);
      if (header.length == 0 || isZero(header)) {
        if (pax.isEmpty()) {
          return Optional.empty();
        }
        throw new EOFException("it ends before an entry whose name it has");
      }
      requireWhole(header);
      String name = pax.getOrDefault("path", name(header));
      long size = size(header);
      char type = (char) header[156];
      switch (type) {
        case '0', '7', '\0' -> {
          boolean file = type != '\0' || !name.endsWith("/");
          if (file) {
            hold(pax.containsKey("size") ? number(pax.get("size"), 10) : size);
          }
          return Optional.of(new Entry(name, file, content));
        }
        case '1', '2', '3', '4', '5', '6' -> {
          return Optional.of(new Entry(name, false, 0));
        }
        case 'L' -> pax.put("path", text(metadata(size)));
        case 'K' -> metadata(size);
        case 'x' -> pax.putAll(records(metadata(size)));
        case 'g' -> {
          if (!records(metadata(size)).isEmpty()) {
            throw new IOException("it gives one path or size to all entries");
          }
        }
        default ->
            throw new IOException(
                "its entry %s is of the type '%s', which is not supported".formatted(name, type));
      }
    }
  }

  /** The content of the entry last returned; once. */
  byte[] content() throws IOException {
    byte[] bytes = in.readNBytes(Math.toIntExact(content));
    rest -= bytes.length;
    if (bytes.length < content) {
      throw new EOFException("it ends within an entry");
    }
    content = 0;
    return bytes;
  }

  private void hold(long size) throws IOException {
    if (size > Long.MAX_VALUE - BLOCK) {
      throw new IOException("an entry has an impossible size");
    }
    content = size;
    rest = (size + BLOCK - 1) / BLOCK * BLOCK;
  }

  /** The content of a header that describes the next entry. */
  private byte[] metadata(long size) throws IOException {
    if (size > LARGEST_HEADER) {
      throw new IOException("a header of %d bytes is too large".formatted(size));
    }
    hold(size);
    byte[] bytes = content();
    return bytes;
  }

  private static boolean isZero(byte[] header) {
    return header.length == BLOCK && Arrays.equals(header, new byte[BLOCK]);
  }

  private static void requireWhole(byte[] header) throws IOException {
    if (header.length < BLOCK) {
      throw new EOFException("it ends within a header");
    }
    long sum = 0;
    for (int i = 0; i < BLOCK; i++) {
      sum += i >= CHECKSUM && i < CHECKSUM_END ? ' ' : header[i] & 0xFF;
    }
    if (sum != octal(header, CHECKSUM, CHECKSUM_END)) {
      throw new IOException("the checksum of a header is wrong");
    }
  }

  private static String name(byte[] header) {
    String name = field(header, 0, 100);
    boolean ustar = field(header, 257, 263).equals("ustar") && header[262] == 0;
    String prefix = ustar ? field(header, 345, 500) : "";
    return prefix.isEmpty() ? name : prefix + "/" + name;
  }

  private static long size(byte[] header) throws IOException {
    return octal(header, 124, 136);
  }

  private static long octal(byte[] header, int from, int to) throws IOException {
    return number(field(header, from, to).strip(), 8);
  }

  /** A number without a sign. */
  private static long number(String digits, int radix) throws IOException {
    try {
      // A sign would be a number, too.
      return Long.parseLong(digits.matches("[0-9]+") ? digits : "", radix);
    } catch (NumberFormatException e) {
      throw new IOException("a size or a checksum is no number", e);
    }
  }

  /** A text up to its first zero. */
  private static String field(byte[] header, int from, int to) {
    return text(Arrays.copyOfRange(header, from, to));
  }

  private static String text(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    int end = text.indexOf('\0');
    return end < 0 ? text : text.substring(0, end);
  }

  /**
   * Pax headers, each {@code LENGTH KEY=VALUE} and a line feed, with the length of all of that.
   *
   * @return path and size, as far as they are there; others say nothing of how to read an entry
   */
  private static Map<String, String> records(byte[] bytes) throws IOException {
    Map<String, String> records = new HashMap<>();
    int at = 0;
    while (at < bytes.length) {
      int space = at;
      while (space < bytes.length && bytes[space] != ' ') {
        space++;
      }
      String digits = new String(bytes, at, space - at, StandardCharsets.ISO_8859_1);
      long length = number(digits, 10);
      if (length <= digits.length() + 1 || length > bytes.length - at) {
        throw new IOException("a pax header has the wrong length " + digits);
      }
      int end = at + (int) length;
      String text = new String(bytes, space + 1, end - space - 1, StandardCharsets.UTF_8);
      int equals = text.indexOf('=');
      if (equals < 1 || !text.endsWith("\n")) {
        throw new IOException("a pax header has no key or no end");
      }
      String key = text.substring(0, equals);
      if (key.startsWith("GNU.sparse.")) {
        throw new IOException("it has a sparse file, which is not supported");
      }
      if (key.equals("path") || key.equals("size")) {
        records.put(key, text.substring(equals + 1, text.length() - 1));
      }
      at = end;
    }
    return records;
  }
}
