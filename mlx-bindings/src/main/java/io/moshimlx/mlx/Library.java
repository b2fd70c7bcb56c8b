package io.moshimlx.mlx;

import io.moshimlx.mlx.c.MlxC;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Finds, loads and checks libmlxc. */
final class Library {
  private static final String NAME = System.mapLibraryName("mlxc");
  private static final int NAMED_FUNCTIONS = 3;

  private static volatile Path loaded;

  private Library() {}

  /** Loads the library unless it is. */
  static Path load() {
    Path path = loaded;
    return path != null ? path : loadOnce();
  }

  private static synchronized Path loadOnce() {
    if (loaded != null) {
      return loaded;
    }
    Path path = find();
    try {
      System.load(path.toString());
    } catch (UnsatisfiedLinkError e) {
      String reason = e.getMessage().replace(path + ": ", "");
      throw new MlxException("cannot load " + path + ": " + reason + remedy(), e);
    } catch (IllegalCallerException e) {
      throw new MlxException(
          "Java refuses to load " + path + ": start it with --enable-native-access=ALL-UNNAMED", e);
    }
    requireFunctions(path);
    Errors.install();
    loaded = path;
    return path;
  }

  private static Path find() {
    List<String> folders = new ArrayList<>();
    Pattern.compile(Pattern.quote(File.pathSeparator))
        .splitAsStream(System.getProperty("java.library.path", ""))
        .filter(folder -> !folder.isEmpty())
        .forEach(folders::add);
    if (isMac()) {
      String homebrew = System.getenv("HOMEBREW_PREFIX");
      folders.add((homebrew == null ? "/opt/homebrew" : homebrew) + "/lib");
    }
    for (String folder : folders) {
      Path path = Path.of(folder, NAME).toAbsolutePath();
      if (Files.exists(path)) {
        return path;
      }
    }
    throw new MlxException(
        "no "
            + NAME
            + " (MLX for C) in "
            + (folders.isEmpty() ? "java.library.path, which is empty" : String.join(", ", folders))
            + remedy());
  }

  private static String remedy() {
    return isMac()
        ? "; install it with: brew install mlx-c"
        : "; build it with native/build and pass its folder as -Djava.library.path";
  }

  private static boolean isMac() {
    return System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac");
  }

  /** A library of another version would fail in the middle of the work instead. */
  private static void requireFunctions(Path path) {
    SymbolLookup lookup = SymbolLookup.loaderLookup();
    List<String> missing =
        bound().functions().stream().filter(name -> lookup.find(name).isEmpty()).toList();
    if (missing.isEmpty()) {
      return;
    }
    String version =
        missing.stream().anyMatch(Library::neededForVersion)
            ? "of an unknown MLX"
            : "of MLX " + version();
    String first = String.join(", ", missing.subList(0, Math.min(NAMED_FUNCTIONS, missing.size())));
    String more =
        missing.size() > NAMED_FUNCTIONS
            ? " and " + (missing.size() - NAMED_FUNCTIONS) + " more"
            : "";
    throw new MlxException(
        path
            + ", "
            + version
            + ", lacks "
            + first
            + more
            + ": mlx-c "
            + bound().version()
            + " or a compatible version is needed");
  }

  private static boolean neededForVersion(String function) {
    return function.equals("mlx_version") || function.startsWith("mlx_string_");
  }

  /** The version of the loaded MLX. */
  static String version() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment slot = arena.allocate(ValueLayout.JAVA_LONG);
      MlxC.mlx_version(slot);
      long string = slot.get(ValueLayout.JAVA_LONG, 0);
      String version = MlxC.mlx_string_data(string).reinterpret(Long.MAX_VALUE).getString(0);
      MlxC.mlx_string_free(string);
      return version;
    }
  }

  /** The mlx-c that the bindings were made from: its version, and the functions they call. */
  record Bound(String version, List<String> functions) {}

  static Bound bound() {
    try (var in =
        new BufferedReader(
            new InputStreamReader(
                Library.class.getResourceAsStream("mlx-c.txt"), StandardCharsets.UTF_8))) {
      List<String> lines = in.lines().filter(line -> !line.startsWith("#")).toList();
      return new Bound(
          lines.getFirst().substring("version ".length()), lines.subList(1, lines.size()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
