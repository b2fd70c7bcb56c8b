package io.moshimlx.mlx;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The kernels of compiled functions on a CPU. MLX writes them in C++, has {@code g++} compile them
 * in {@code $TMPDIR/mlx/VERSION/cpu} when they are first evaluated, and loads what it finds there
 * under their names, be it half a file or another user's. Here they are made all at once, in a
 * folder of this process's own, which other processes see when it is whole. Where they cannot be
 * made, that is known before anything depends on them.
 */
public final class CompiledKernels {
  private static final String SWITCH = "MLX_DISABLE_COMPILE";

  /** More bytes than g++ takes of a disk for as long as it compiles. */
  private static final int ROOM = 16 << 20;

  /** A compiler that is killed itself leaves no message but that its output is missing. */
  private static final Pattern STOPPED =
      Pattern.compile("(?i)signal|killed|memory|object file: No such file");

  private static Optional<Path> folder = Optional.empty();
  private static Consumer<Missing> told = _ -> {};
  private static boolean askAnew;

  /** Null until kernels are asked for. */
  private static Optional<Missing> missing;

  private CompiledKernels() {}

  /** What keeps kernels from being made. */
  public enum Cause {
    SWITCHED_OFF,
    NO_COMPILER,
    /** The compiler fails, or what it makes does not load. */
    COMPILER_FAILS,
    /** The compiler was ended from outside, or memory was lacking. */
    COMPILER_STOPPED,
    /** No folder will do. */
    NO_PLACE
  }

  /**
   * Why there are none.
   *
   * @param text that for people
   */
  public record Missing(Cause cause, String text) {}

  /**
   * Keeps kernels for the processes that come after; otherwise each makes its own. For the owner of
   * the process, before any are asked for.
   *
   * @param once told why there are none, unless an earlier process was told the same
   */
  public static synchronized void keepIn(Path kept, Consumer<Missing> once) {
    folder = Optional.of(kept);
    told = once;
  }

  /** Forgets that the compiler failed in an earlier process, and tells nobody if it does again. */
  public static synchronized void askAnew() {
    askAnew = true;
    told = _ -> {};
  }

  /**
   * Loads kernels, or makes them; the first call of a process decides.
   *
   * @param set their name; another one whenever they change
   * @param uses compiles and evaluates all that needs them
   * @return why there are none; then nothing is to be compiled
   */
  public static synchronized Optional<Missing> load(String set, Runnable uses) {
    if (missing == null) {
      missing = find(set, uses);
    }
    return missing;
  }

  private static Optional<Missing> find(String set, Runnable uses) {
    if (System.getenv(SWITCH) != null) {
      return Optional.of(new Missing(Cause.SWITCHED_OFF, SWITCH + " is set"));
    }
    if (folder.isPresent()) {
      return find(folder.get(), set, uses);
    }
    try {
      Path own = Files.createTempDirectory("mlx-kernels");
      try {
        return find(own, set, uses);
      } finally {
        KernelFolder.remove(own);
      }
    } catch (IOException e) {
      return Optional.of(noPlace(Path.of(System.getProperty("java.io.tmpdir")), e));
    }
  }

  private static Optional<Missing> find(Path folder, String set, Runnable uses) {
    String name = String.join("-", Library.version(), System.getProperty("os.arch"), set);
    Optional<File> compiler = compiler();
    Path whole = folder.resolve(name);
    if (compiler.isPresent() && KernelFolder.isWhole(whole)) {
      try (ChangedEnvironment _ = new ChangedEnvironment(Map.of("TMPDIR", whole.toString()))) {
        uses.run();
        return Optional.empty();
      } catch (MlxException e) {
        // They do not load any more: why, is found where they are made anew.
      }
    }
    Path note = folder.resolve(name + ".txt");
    Note former = Note.read(note);
    String compilerState = compiler.map(CompiledKernels::state).orElse("");
    if (!askAnew && former.compiler().equals(compilerState) && compiler.isPresent()) {
      return Optional.of(new Missing(Cause.COMPILER_FAILS, former.text()));
    }
    Optional<Missing> found =
        compiler.isEmpty()
            ? Optional.of(new Missing(Cause.NO_COMPILER, "there is no C++ compiler (g++)"))
            : make(folder, whole, uses);
    if (found.isEmpty()) {
      Note.remove(note);
    } else {
      Missing reason = found.get();
      if (!reason.text().equals(former.text())) {
        told.accept(reason);
      }
      boolean lasting = reason.cause() == Cause.COMPILER_FAILS;
      new Note(lasting ? compilerState : "", reason.text()).write(note);
    }
    return found;
  }

  /**
   * What an earlier process found.
   *
   * @param compiler that which fails; empty if that was not the cause
   * @param text why there were no kernels; empty if there is no note
   */
  private record Note(String compiler, String text) {

    static Note read(Path file) {
      try {
        List<String> lines = Files.readAllLines(file);
        return new Note(lines.getFirst(), lines.getLast());
      } catch (IOException | NoSuchElementException e) {
        return new Note("", "");
      }
    }

    /** Does nothing where that is not possible: then the next process finds the same. */
    void write(Path file) {
      try {
        Files.createDirectories(file.getParent());
        Path unfinished = Files.createTempFile(file.getParent(), "note", null);
        Files.write(unfinished, List.of(compiler, text));
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        // Such places are among the reasons.
      }
    }

    static void remove(Path file) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        // It says nothing any more, since there are kernels.
      }
    }
  }

  /** The compiler that MLX finds. */
  private static Optional<File> compiler() {
    return Stream.of(path().split(File.pathSeparator))
        .map(folder -> new File(folder, "g++"))
        .filter(file -> file.isFile() && file.canExecute())
        .findFirst();
  }

  private static String path() {
    return Optional.ofNullable(System.getenv("PATH")).orElse("/usr/bin:/bin");
  }

  /** What changes with the compiler. */
  private static String state(File compiler) {
    try {
      File file = compiler.getCanonicalFile();
      return String.join(
          " ", file.getPath(), Long.toString(file.length()), Long.toString(file.lastModified()));
    } catch (IOException e) {
      return "";
    }
  }

  private static Optional<Missing> make(Path folder, Path whole, Runnable uses) {
    try (KernelFolder.Work work = KernelFolder.Work.begin(folder)) {
      Path wrapper = work.folder().resolve("g++");
      try (InputStream text = CompiledKernels.class.getResourceAsStream("g++")) {
        Files.copy(text, wrapper);
      }
      if (!wrapper.toFile().setExecutable(true) || !Files.isExecutable(wrapper)) {
        return Optional.of(
            new Missing(
                Cause.NO_PLACE, "no program may be run from " + folder + " (mounted noexec)"));
      }
      Map<String, String> environment =
          Map.of(
              "TMPDIR",
              work.kernels().toString(),
              "PATH",
              work.folder() + File.pathSeparator + path());
      try (ChangedEnvironment _ = new ChangedEnvironment(environment)) {
        uses.run();
      } catch (MlxException e) {
        return Optional.of(hasRoom(work.folder()) ? failure(e) : noRoom(folder));
      }
      if (KernelFolder.list(work.kernels()).isEmpty()) {
        return Optional.of(new Missing(Cause.COMPILER_FAILS, "'g++ --version' fails"));
      }
      try {
        work.publish(whole);
      } catch (IOException e) {
        // Another process was faster, or the next one will make them again.
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(noPlace(folder, e));
    }
  }

  private static boolean hasRoom(Path folder) {
    try {
      Files.delete(Files.write(folder.resolve("room"), new byte[ROOM]));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static Missing noRoom(Path folder) {
    return new Missing(Cause.NO_PLACE, "the disk of " + folder + " is full");
  }

  private static Missing noPlace(Path folder, IOException e) {
    String reason =
        e instanceof FileSystemException failure && failure.getReason() != null
            ? " (" + failure.getReason() + ")"
            : "";
    return new Missing(Cause.NO_PLACE, folder + " cannot be written to" + reason);
  }

  /** What the compiler or the linker said, in a line. */
  private static Missing failure(MlxException e) {
    List<String> lines = e.getMessage().lines().toList();
    String line =
        lines.stream().filter(l -> l.contains("error: ")).findFirst().orElse(lines.getLast());
    Cause cause =
        STOPPED.matcher(e.getMessage()).find() ? Cause.COMPILER_STOPPED : Cause.COMPILER_FAILS;
    return new Missing(
        cause,
        "g++ does not compile MLX's kernels (" + line.replaceFirst(".*(?=error: )", "") + ")");
  }
}
