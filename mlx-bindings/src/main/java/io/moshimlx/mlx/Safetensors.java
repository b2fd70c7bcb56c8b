package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_default_cpu_stream_new;
import static io.moshimlx.mlx.c.MlxC.mlx_load_safetensors;
import static io.moshimlx.mlx.c.MlxC.mlx_map_string_to_array_free;
import static io.moshimlx.mlx.c.MlxC.mlx_map_string_to_array_get;
import static io.moshimlx.mlx.c.MlxC.mlx_map_string_to_array_insert;
import static io.moshimlx.mlx.c.MlxC.mlx_map_string_to_array_new;
import static io.moshimlx.mlx.c.MlxC.mlx_map_string_to_string_free;
import static io.moshimlx.mlx.c.MlxC.mlx_map_string_to_string_insert;
import static io.moshimlx.mlx.c.MlxC.mlx_map_string_to_string_new;
import static io.moshimlx.mlx.c.MlxC.mlx_save_safetensors;
import static io.moshimlx.mlx.c.MlxC.mlx_stream_free;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Files of named arrays. */
public final class Safetensors {
  private Safetensors() {}

  /** A tensor as the header of a file describes it. */
  public record Entry(DType dtype, List<Integer> shape) {
    /** Bytes that its elements take. */
    public long bytes() {
      return shape.stream().mapToLong(Integer::longValue).reduce(dtype.size(), (a, b) -> a * b);
    }
  }

  /**
   * The tensors that the header of {@code file} describes, in its order, after every check that
   * needs no more than the header and the file's length.
   *
   * @throws MlxException naming the file, if it cannot be read or is not such a file
   */
  public static Map<String, Entry> header(Path file) {
    return SafetensorsHeader.read(file).tensors();
  }

  /** The header's free text, by name. Throws as {@link #header} does. */
  public static Map<String, String> metadata(Path file) {
    return SafetensorsHeader.read(file).metadata();
  }

  /**
   * All arrays of {@code file}, for the caller to close. MLX maps nothing: it opens the file, and
   * reads each array from it when that is first evaluated, on a CPU stream; the file must stay as
   * it is until then.
   *
   * @throws MlxException naming the file, if it cannot be read or is not such a file
   */
  public static Map<String, MlxArray> load(Path file) {
    Map<String, Entry> header = header(file);
    ThreadContext c = ThreadContext.current();
    long tensors = 0;
    long metadata = 0;
    long stream = mlx_default_cpu_stream_new();
    Map<String, MlxArray> arrays = new LinkedHashMap<>();
    try (Arena arena = Arena.ofConfined()) {
      int status =
          mlx_load_safetensors(
              c.out(), c.secondOut(), arena.allocateFrom(file.toAbsolutePath().toString()), stream);
      tensors = c.takeOut();
      metadata = c.takeSecondOut();
      c.check(status, file.toString());
      for (String name : header.keySet()) {
        c.check(
            mlx_map_string_to_array_get(c.out(), tensors, arena.allocateFrom(name)),
            file + ": " + name);
        arrays.put(name, new MlxArray(c, c.takeOut(), true));
      }
      return arrays;
    } catch (RuntimeException e) {
      arrays.values().forEach(MlxArray::close);
      throw e;
    } finally {
      mlx_map_string_to_array_free(tensors);
      mlx_map_string_to_string_free(metadata);
      mlx_stream_free(stream);
    }
  }

  /**
   * Evaluates the arrays and writes them. The file appears, or is replaced, only once it is
   * complete.
   *
   * @throws MlxException naming the file, if it cannot be written
   */
  public static void save(Path file, Map<String, MlxArray> arrays, Map<String, String> metadata) {
    ThreadContext c = ThreadContext.current();
    Path part = file.resolveSibling(file.getFileName() + ".part.safetensors");
    try {
      write(c, part, arrays, metadata);
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (MlxException | IOException e) {
      delete(part);
      throw new MlxException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  private static void write(
      ThreadContext c, Path file, Map<String, MlxArray> arrays, Map<String, String> metadata) {
    long tensors = mlx_map_string_to_array_new();
    long texts = mlx_map_string_to_string_new();
    try (Arena arena = Arena.ofConfined()) {
      arrays.forEach((name, array) ->
          c.check(
              mlx_map_string_to_array_insert(tensors, arena.allocateFrom(name), array.handle(c)),
              name));
      metadata.forEach((key, text) ->
          c.check(
              mlx_map_string_to_string_insert(
                  texts, arena.allocateFrom(key), arena.allocateFrom(text)),
              key));
      c.check(
          mlx_save_safetensors(
              arena.allocateFrom(file.toAbsolutePath().toString()), tensors, texts),
          "save");
    } finally {
      mlx_map_string_to_array_free(tensors);
      mlx_map_string_to_string_free(texts);
    }
  }

  private static void delete(Path part) {
    try {
      Files.deleteIfExists(part);
    } catch (IOException e) {
      // What matters is why it could not be written, which is being reported.
    }
  }
}
