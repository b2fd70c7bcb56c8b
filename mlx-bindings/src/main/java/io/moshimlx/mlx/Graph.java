package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_export_to_dot;
import static io.moshimlx.mlx.c.MlxC.mlx_node_namer_free;
import static io.moshimlx.mlx.c.MlxC.mlx_node_namer_new;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/** The graph of arrays that are not evaluated yet, as MLX draws it for graphviz. */
final class Graph {
  /** Only primitives are drawn so. */
  private static final String PRIMITIVE = "shape=rectangle";

  private static final MethodHandle OPEN_MEMSTREAM =
      libc("open_memstream", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
  private static final MethodHandle FCLOSE =
      libc("fclose", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  private static final MethodHandle FREE = libc("free", FunctionDescriptor.ofVoid(ADDRESS));

  private Graph() {}

  private static MethodHandle libc(String name, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
  }

  /**
   * How many primitives it takes to compute the arrays.
   *
   * @param arrays a vector of mlx-c
   */
  static int primitives(long arrays) {
    String drawing = draw(arrays);
    int count = 0;
    for (int at = drawing.indexOf(PRIMITIVE);
        at >= 0;
        at = drawing.indexOf(PRIMITIVE, at + PRIMITIVE.length())) {
      count++;
    }
    return count;
  }

  /** mlx-c writes to a C stream: here one that collects in memory. */
  private static String draw(long arrays) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(ADDRESS);
      MemorySegment size = arena.allocate(JAVA_LONG);
      MemorySegment stream = (MemorySegment) OPEN_MEMSTREAM.invokeExact(text, size);
      if (stream.equals(MemorySegment.NULL)) {
        throw new MlxException("graph: no memory to draw it in");
      }
      long namer = mlx_node_namer_new();
      int status = mlx_export_to_dot(stream, namer, arrays);
      mlx_node_namer_free(namer);
      int _ = (int) FCLOSE.invokeExact(stream);
      MemorySegment drawn = text.get(ADDRESS, 0);
      byte[] bytes = drawn.reinterpret(size.get(JAVA_LONG, 0)).toArray(JAVA_BYTE);
      FREE.invokeExact(drawn);
      if (status != 0) {
        throw Errors.take("graph");
      }
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("a method handle throws nothing that is checked", e);
    }
  }
}
