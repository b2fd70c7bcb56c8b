package io.moshimlx.mlx;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import com.google.gson.stream.MalformedJsonException;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The header of a safetensors file, read and checked here so that MLX, which trusts it, never sees
 * a bad one: an 8-byte length, a JSON object of so many bytes, then the data that it describes.
 */
record SafetensorsHeader(Map<String, Safetensors.Entry> tensors, Map<String, String> metadata) {
  private static final int LENGTH_BYTES = 8;
  private static final long MAX_HEADER = 100_000_000;
  private static final int MAX_RANK = 16;

  /** The types that MLX loads. */
  private static final Map<String, DType> TYPES =
      Map.ofEntries(
          Map.entry("BOOL", DType.BOOL),
          Map.entry("U8", DType.UINT8),
          Map.entry("U16", DType.UINT16),
          Map.entry("U32", DType.UINT32),
          Map.entry("U64", DType.UINT64),
          Map.entry("I8", DType.INT8),
          Map.entry("I16", DType.INT16),
          Map.entry("I32", DType.INT32),
          Map.entry("I64", DType.INT64),
          Map.entry("F16", DType.FLOAT16),
          Map.entry("BF16", DType.BFLOAT16),
          Map.entry("F32", DType.FLOAT32),
          Map.entry("C64", DType.COMPLEX64));

  static SafetensorsHeader read(Path file) {
    try (FileChannel channel = FileChannel.open(file)) {
      if (Files.isDirectory(file)) {
        throw new MlxException(file + " is a folder, not a safetensors file");
      }
      long size = channel.size();
      if (size < LENGTH_BYTES) {
        throw bad(file, "it has only " + size + " bytes");
      }
      long length = bytes(channel, file, LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN).getLong();
      if (length < 2 || length > MAX_HEADER) {
        throw bad(file, "it claims a header of " + Long.toUnsignedString(length) + " bytes");
      }
      if (length > size - LENGTH_BYTES) {
        throw bad(file, "it is cut off: its header takes " + length + " bytes, the file " + size);
      }
      ByteBuffer header = bytes(channel, file, (int) length);
      String json = StandardCharsets.UTF_8.newDecoder().decode(header).toString();
      return parse(file, json, size - LENGTH_BYTES - length);
    } catch (NoSuchFileException e) {
      throw new MlxException("no such file: " + file, e);
    } catch (AccessDeniedException e) {
      throw new MlxException("no permission to read " + file, e);
    } catch (CharacterCodingException | MalformedJsonException | EOFException e) {
      throw bad(file, "its header is not JSON", e);
    } catch (IllegalStateException | NumberFormatException e) {
      // What JsonReader says of a value of another type than expected, or a number out of range.
      throw bad(file, "its header is not that of a safetensors file", e);
    } catch (IOException e) {
      throw new MlxException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /** The bytes that stand before the data of these tensors, which follow in this order. */
  ByteBuffer encode() throws IOException {
    StringWriter text = new StringWriter();
    JsonWriter json = new JsonWriter(text);
    json.beginObject();
    if (!metadata.isEmpty()) {
      json.name("__metadata__").beginObject();
      for (Map.Entry<String, String> entry : metadata.entrySet()) {
        json.name(entry.getKey()).value(entry.getValue());
      }
      json.endObject();
    }
    long offset = 0;
    for (Map.Entry<String, Safetensors.Entry> entry : tensors.entrySet()) {
      Safetensors.Entry tensor = entry.getValue();
      json.name(entry.getKey()).beginObject().name("dtype").value(typeName(tensor.dtype()));
      json.name("shape").beginArray();
      for (int dim : tensor.shape()) {
        json.value(dim);
      }
      long end = offset + tensor.bytes();
      json.endArray().name("data_offsets").beginArray().value(offset).value(end).endArray();
      json.endObject();
      offset = end;
    }
    json.endObject();
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    // The data begins at a multiple of eight.
    int length = Math.ceilDiv(bytes.length, LENGTH_BYTES) * LENGTH_BYTES;
    ByteBuffer header =
        ByteBuffer.allocate(LENGTH_BYTES + length).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
    header.put(bytes);
    while (header.hasRemaining()) {
      header.put((byte) ' ');
    }
    return header.flip();
  }

  private static String typeName(DType dtype) {
    return TYPES.entrySet().stream()
        .filter(type -> type.getValue() == dtype)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(dtype + " has no place in safetensors"));
  }

  private static ByteBuffer bytes(FileChannel channel, Path file, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes) < 0) {
        throw bad(file, "it is cut off");
      }
    }
    return bytes.flip();
  }

  private static SafetensorsHeader parse(Path file, String json, long dataBytes)
      throws IOException {
    Map<String, Safetensors.Entry> tensors = new LinkedHashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    // Padding with spaces is part of the format.
    JsonReader reader = new JsonReader(new StringReader(json));
    reader.setStrictness(Strictness.STRICT);
    reader.beginObject();
    while (reader.hasNext()) {
      String name = reader.nextName();
      if (name.equals("__metadata__") && reader.peek() == JsonToken.NULL) {
        // MLX writes it so where there is none.
        reader.nextNull();
      } else if (name.equals("__metadata__")) {
        reader.beginObject();
        while (reader.hasNext()) {
          metadata.put(reader.nextName(), reader.nextString());
        }
        reader.endObject();
      } else if (name.indexOf('\0') >= 0
          || tensors.put(name, tensor(file, name, reader, dataBytes)) != null) {
        throw bad(file, "the tensor name \"" + name + "\" is repeated or not one");
      }
    }
    reader.endObject();
    if (reader.peek() != JsonToken.END_DOCUMENT) {
      throw new MalformedJsonException("something follows the object");
    }
    return new SafetensorsHeader(
        Collections.unmodifiableMap(tensors), Collections.unmodifiableMap(metadata));
  }

  private static Safetensors.Entry tensor(Path file, String name, JsonReader reader, long dataBytes)
      throws IOException {
    String type = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    reader.beginObject();
    while (reader.hasNext()) {
      String key = reader.nextName();
      switch (key) {
        case "dtype" -> type = reader.nextString();
        case "shape" -> shape = longs(reader);
        case "data_offsets" -> offsets = longs(reader);
        default -> throw bad(file, "tensor " + name + " has an unknown field \"" + key + "\"");
      }
    }
    reader.endObject();
    if (type == null || shape == null || offsets == null || offsets.size() != 2) {
      throw bad(file, "tensor " + name + " lacks its dtype, shape or data_offsets");
    }
    DType dtype = TYPES.get(type);
    if (dtype == null) {
      throw bad(file, "tensor " + name + " has the dtype " + type + ", which MLX does not load");
    }
    long bytes = bytes(dtype, shape);
    long from = offsets.get(0);
    long to = offsets.get(1);
    if (bytes < 0) {
      throw bad(file, "tensor " + name + " has the impossible shape " + shape);
    }
    if (from < 0 || to < from || to - from != bytes) {
      throw bad(file, "tensor " + name + " of " + bytes + " bytes is said to lie at " + offsets);
    }
    if (to > dataBytes) {
      throw bad(
          file,
          "tensor "
              + name
              + " ends at byte "
              + to
              + " of "
              + dataBytes
              + ", so the file is cut off");
    }
    return new Safetensors.Entry(dtype, shape.stream().map(Long::intValue).toList());
  }

  /** The size of such a tensor, or -1 where there can be none. */
  private static long bytes(DType dtype, List<Long> shape) {
    if (shape.size() > MAX_RANK) {
      return -1;
    }
    long bytes = dtype.size();
    for (long dim : shape) {
      if (dim < 0 || dim > Integer.MAX_VALUE) {
        return -1;
      }
      try {
        bytes = Math.multiplyExact(bytes, dim);
      } catch (ArithmeticException e) {
        return -1;
      }
    }
    return bytes;
  }

  private static List<Long> longs(JsonReader reader) throws IOException {
    List<Long> values = new ArrayList<>();
    reader.beginArray();
    while (reader.hasNext()) {
      if (reader.peek() != JsonToken.NUMBER) {
        throw new IllegalStateException("not a number");
      }
      // Not nextLong(), which takes 1.0 and "1" for 1 as well.
      values.add(Long.parseLong(reader.nextString()));
    }
    reader.endArray();
    return values;
  }

  private static MlxException bad(Path file, String why) {
    return bad(file, why, null);
  }

  private static MlxException bad(Path file, String why, Throwable cause) {
    return new MlxException(file + " is not a usable safetensors file: " + why, cause);
  }
}
