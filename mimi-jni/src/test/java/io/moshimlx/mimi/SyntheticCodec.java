package io.moshimlx.mimi;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * A codec of hashed numbers, value for value the one that scripts/goldens/mimi.py gave to upstream.
 * It is nothing one could listen to: it proves that the numbers agree.
 *
 * @param check CRC-32 of all values as upstream had them
 */
record SyntheticCodec(List<TensorSpec> tensors, String check) {

  /** A value is offset + scale · u, with u in [-1, 1). */
  record TensorSpec(String name, List<Integer> shape, float scale, float offset) {
    int size() {
      return shape.stream().reduce(1, Math::multiplyExact);
    }

    TensorSpec withShape(List<Integer> other) {
      return new TensorSpec(name, other, scale, offset);
    }
  }

  /** The released Mimi's size: 96 million values. */
  static SyntheticCodec full() {
    return read("full.tsv");
  }

  /** 160 KB, for everything that does not depend on the size. */
  static SyntheticCodec small() {
    return read("small.tsv");
  }

  /** The configuration that goes with {@link #small()}. */
  static String smallConfig() {
    return new String(resource("small.json"), UTF_8);
  }

  static byte[] resource(String name) {
    try (InputStream in = SyntheticCodec.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static SyntheticCodec read(String name) {
    List<TensorSpec> tensors = new ArrayList<>();
    String check = null;
    for (String line : new String(resource(name), UTF_8).lines().toList()) {
      String[] fields = line.split("\t", -1);
      if (fields[0].equals("crc32")) {
        check = fields[1];
        continue;
      }
      List<Integer> shape = Arrays.stream(fields[1].split(",")).map(Integer::valueOf).toList();
      float scale = Float.parseFloat(fields[2]);
      tensors.add(new TensorSpec(fields[0], shape, scale, Float.parseFloat(fields[3])));
    }
    return new SyntheticCodec(tensors, check);
  }

  /** Without the tensors whose names start so. */
  SyntheticCodec without(String prefix) {
    return new SyntheticCodec(
        tensors.stream().filter(tensor -> !tensor.name().startsWith(prefix)).toList(), check);
  }

  /** With another shape for one tensor. */
  SyntheticCodec withShape(String name, Integer... shape) {
    Stream<TensorSpec> changed =
        tensors.stream()
            .map(spec -> spec.name().equals(name) ? spec.withShape(List.of(shape)) : spec);
    return new SyntheticCodec(changed.toList(), check);
  }

  /** Writes the file; returns the CRC-32 of its values. */
  String write(Path file) throws IOException {
    byte[] header = header().getBytes(UTF_8);
    CRC32 crc = new CRC32();
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
      long length = Long.reverseBytes(header.length);
      out.write(ByteBuffer.wrap(new byte[8]).putLong(length).array());
      out.write(header);
      for (TensorSpec tensor : tensors) {
        byte[] values = values(tensor);
        crc.update(values);
        out.write(values);
      }
    }
    return "%08x".formatted(crc.getValue());
  }

  private String header() {
    long start = 0;
    List<String> entries = new ArrayList<>();
    for (TensorSpec tensor : tensors) {
      long end = start + 4L * tensor.size();
      String shape = tensor.shape().stream().map(String::valueOf).collect(joining(","));
      entries.add(
          "\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%d,%d]}"
              .formatted(tensor.name(), shape, start, end));
      start = end;
    }
    return "{" + String.join(",", entries) + "}";
  }

  /** SplitMix64 from the FNV-1a hash of the name; the upper 24 bits of each number count. */
  private static byte[] values(TensorSpec tensor) {
    long state = 0xCBF29CE484222325L;
    for (byte letter : tensor.name().getBytes(UTF_8)) {
      state = (state ^ letter) * 0x100000001B3L;
    }
    byte[] bytes = new byte[4 * tensor.size()];
    ByteBuffer values = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (values.hasRemaining()) {
      state += 0x9E3779B97F4A7C15L;
      long z = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
      z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
      z ^= z >>> 31;
      float u = ((z >>> 40) - (1 << 23)) / (float) (1 << 23);
      values.putFloat(u * tensor.scale() + tensor.offset());
    }
    return bytes;
  }
}
