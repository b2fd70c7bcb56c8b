package io.moshimlx.voice;

import io.moshimlx.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * A dictionary of tensors that {@code torch.save} has written: a zip of a pickle and of one entry
 * for each storage.
 *
 * <p>Nothing in it is executed; see {@link Unpickler}.
 */
final class TorchFile {
  private static final String PICKLE = "/data.pkl";

  /** A pickle of a few tensors has some hundred bytes. */
  private static final int LARGEST_PICKLE = 1 << 20;

  private final String name;
  private final String prefix;
  private final ZipFile zip;
  private final Map<String, TorchTensor> tensors;

  /** The numbers of a tensor, row by row. */
  @SuppressWarnings("ArrayRecordComponent") // Read at once, never compared.
  record Numbers(int[] shape, boolean floating, double[] values) {}

  private TorchFile(String name, String prefix, ZipFile zip, Map<String, TorchTensor> tensors) {
    this.name = name;
    this.prefix = prefix;
    this.zip = zip;
    this.tensors = tensors;
  }

  /**
   * Reads tensors.
   *
   * @param name what errors call the file
   * @param keys of the tensors wanted
   * @return their numbers, in that order
   * @throws UserException naming the file, if it has not all of them, or is no such file, or has
   *     anything in it that tensors do not need
   */
  static List<Numbers> read(String name, Path path, String... keys) {
    try (ZipFile zip = new ZipFile(path.toFile())) {
      String prefix = prefix(name, zip);
      TorchFile file =
          new TorchFile(
              name,
              prefix,
              zip,
              Unpickler.tensors(entry(name, zip, prefix + PICKLE, LARGEST_PICKLE)));
      file.requireLittleEndian();
      return Arrays.stream(keys).map(file::numbers).toList();
    } catch (Unpickler.Refused e) {
      throw new UserException(
          "%s is refused, for its pickle %s".formatted(name, e.getMessage()),
          "use a voice from its publisher",
          e);
    } catch (IOException | IllegalArgumentException e) {
      throw damaged(name, e);
    }
  }

  /** All of it is in one folder, of any name. */
  private static String prefix(String name, ZipFile zip) {
    return zip.stream()
        .map(ZipEntry::getName)
        .filter(entry -> entry.endsWith(PICKLE) && entry.indexOf('/') == entry.lastIndexOf('/'))
        .map(entry -> entry.substring(0, entry.length() - PICKLE.length()))
        .findFirst()
        .orElseThrow(() -> damaged(name, null));
  }

  /** An entry's content, which has to be stored as it is: nothing swells when it is read. */
  private static byte[] entry(String name, ZipFile zip, String path, long largest)
      throws IOException {
    ZipEntry entry = zip.getEntry(path);
    if (entry == null || entry.getMethod() != ZipEntry.STORED || entry.getSize() > largest) {
      throw damaged(name, null);
    }
    try (InputStream content = zip.getInputStream(entry)) {
      return content.readNBytes(Math.toIntExact(largest));
    }
  }

  private void requireLittleEndian() throws IOException {
    String path = prefix + "/byteorder";
    // Earlier versions did not say.
    if (zip.getEntry(path) != null
        && !Arrays.equals(
            "little".getBytes(StandardCharsets.US_ASCII), entry(name, zip, path, 16))) {
      throw damaged(name, null);
    }
  }

  private Numbers numbers(String key) {
    TorchTensor tensor = tensors.get(key);
    if (tensor == null) {
      throw new UserException(
          "%s holds no '%s', so it is no stored voice".formatted(name, key),
          "use a voice from its publisher");
    }
    if (!tensor.isSound()) {
      throw damaged(name, null);
    }
    TorchTensor.Storage storage = tensor.storage();
    try {
      long size = Math.multiplyExact(storage.length(), (long) storage.kind().bytes());
      byte[] data = entry(name, zip, prefix + "/data/" + storage.key(), size);
      if (data.length != size) {
        throw damaged(name, null);
      }
      return new Numbers(
          tensor.dims(),
          storage.kind().isFloating(),
          tensor.values(ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN)));
    } catch (IOException | ArithmeticException e) {
      throw damaged(name, e);
    }
  }

  private static UserException damaged(String name, Throwable cause) {
    return new UserException(
        name + " is not a file of tensors as torch.save writes it, or is damaged",
        "download it again",
        cause);
  }
}
