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
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds, loads and checks libmlxc. */
final class Library {
  private static final String NAME = System.mapLibraryName("mlxc");
  private static final int NAMED_FUNCTIONS = 3;
  private static final Pattern PIN = Pattern.compile("mlx-\\w+==(\\S+)");
  private static final String REMEDY =
      "; install moshi-mlx again, or, in a checkout, build it with native/build";

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
      throw new MlxException(
          "cannot load " + path + ": " + reason(e.getMessage(), path) + REMEDY, e);
    } catch (IllegalCallerException e) {
      throw new MlxException(
          "Java refuses to load " + path + ": start it with --enable-native-access=ALL-UNNAMED", e);
    }
    requireFunctions(path);
    requireVersion(path);
    Errors.install();
    loaded = path;
    return path;
  }

  private static Path find() {
    List<String> folders =
        Pattern.compile(Pattern.quote(File.pathSeparator))
            .splitAsStream(System.getProperty("java.library.path", ""))
            .filter(folder -> !folder.isEmpty())
            .toList();
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
            + REMEDY);
  }

  /**
   * A loader's message in one line and without the library's path, which is named before it: macOS
   * lists each place that it has looked at in a line of its own, and Java names the path with its
   * links resolved.
   */
  static String reason(String message, Path path) {
    String reason = message;
    try {
      reason = reason.replace(path.toRealPath() + ": ", "");
    } catch (IOException e) {
      // Then the message does not have that path either.
    }
    return reason.replace(path + ": ", "").strip().replaceAll("\\s+", " ");
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
            + " of the mlx-c that comes with mlx-sys "
            + bound().version()
            + REMEDY);
  }

  /** Another MLX may compute something else under the same names, or with other parameters. */
  private static void requireVersion(Path path) {
    String version = version();
    if (!version.equals(pinned())) {
      throw new MlxException(
          path + " is of MLX " + version + ", but MLX " + pinned() + " is needed" + REMEDY);
    }
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

  /** The version of MLX that native/requirements.txt pins, the same for every system. */
  static String pinned() {
    return lines("requirements.txt").stream()
        .map(PIN::matcher)
        .filter(Matcher::lookingAt)
        .findFirst()
        .orElseThrow()
        .group(1);
  }

  /**
   * The mlx-c that the bindings were made from.
   *
   * @param version that of the crate mlx-sys which carries it; mlx-c's releases differ
   * @param functions those that the bindings call
   */
  record Bound(String version, List<String> functions) {}

  static Bound bound() {
    List<String> lines = lines("mlx-c.txt");
    return new Bound(
        lines.getFirst().substring("version ".length()), lines.subList(1, lines.size()));
  }

  /** The lines of a resource, without comments. */
  private static List<String> lines(String resource) {
    try (var in =
        new BufferedReader(
            new InputStreamReader(
                Library.class.getResourceAsStream(resource), StandardCharsets.UTF_8))) {
      return in.lines().filter(line -> !line.startsWith("#")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
