package io.moshimlx.voice;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;

/** Makes archives, header by header. */
public final class Tars {
  private static final int BLOCK = 512;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /** An archive of files with one content. */
  public static Path tgz(Path file, byte[] content, String... names) throws IOException {
    Tars tar = new Tars();
    for (String name : names) {
      tar.add('0', name, content);
    }
    return tar.end().tgz(file);
  }

  /** Adds an entry as ustar has it. */
  Tars add(char type, String name, byte[] content) {
    return add(header(type, name, "%011o".formatted(content.length)), content);
  }

  /** Adds a header and what follows it. */
  Tars add(byte[] header, byte[] content) {
    bytes.writeBytes(header);
    bytes.writeBytes(content);
    bytes.writeBytes(new byte[(BLOCK - content.length % BLOCK) % BLOCK]);
    return this;
  }

  /** Adds the two blocks of zeros. */
  Tars end() {
    bytes.writeBytes(new byte[2 * BLOCK]);
    return this;
  }

  static byte[] header(char type, String name, String size) {
    byte[] header = new byte[BLOCK];
    put(header, 0, name.length() > 100 ? name.substring(0, 100) : name);
    put(header, 100, "0000644");
    put(header, 124, size);
    header[156] = (byte) type;
    put(header, 257, "ustar\0" + "00");
    return summed(header);
  }

  static void put(byte[] header, int at, String text) {
    byte[] field = text.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(field, 0, header, at, field.length);
  }

  /** Gives a header its checksum. */
  static byte[] summed(byte[] header) {
    Arrays.fill(header, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xFF;
    }
    put(header, 148, "%06o\0".formatted(sum));
    return header;
  }

  byte[] bytes() {
    return bytes.toByteArray();
  }

  Path tgz(Path file) throws IOException {
    try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      bytes.writeTo(out);
    }
    return file;
  }
}
