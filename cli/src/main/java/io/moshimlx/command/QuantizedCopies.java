package io.moshimlx.command;

import io.moshimlx.ByteCount;
import io.moshimlx.CancelledException;
import io.moshimlx.Disk;
import io.moshimlx.Folders;
import io.moshimlx.ProcessLock;
import io.moshimlx.Progress;
import io.moshimlx.UserException;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.checkpoint.Quantization;
import io.moshimlx.hub.HubSettings;
import io.moshimlx.hub.RepoId;
import io.moshimlx.quantize.QuantizedFolder;
import io.moshimlx.quantize.Quantizer;
import io.moshimlx.terminal.Terminal;
import io.moshimlx.terminal.TransientLine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Models in a precision that they do not come in, quantised once and kept: {@code
 * moshi-mlx/quantized/MODEL/VERSION-q4} in the folder for what can be made again, apart from the
 * cache that is shared with other programs and from the folders of the user.
 */
final class QuantizedCopies {
  private static final String REMEDY =
      "make room, or move the folder of moshi-mlx with XDG_CACHE_HOME";

  private static final String LOCK = ".lock";

  private final Terminal terminal;
  private final Path root;

  QuantizedCopies(Terminal terminal, HubSettings settings) {
    this.terminal = terminal;
    root = settings.cacheHome().toAbsolutePath().resolve("moshi-mlx").resolve("quantized");
  }

  /**
   * A copy that may have to be made.
   *
   * @param name of the model, for people
   * @param source folder of the model that it is made of
   * @param folder where it is once it is made
   * @param quantization its precision
   */
  record Copy(String name, Path source, Path folder, Quantization quantization) {

    boolean isMade() {
      return Files.isDirectory(folder);
    }
  }

  /** The copy of a revision of a repository. */
  Copy of(HubModel model, Path snapshot, Quantization quantization) {
    return new Copy(
        model.name(),
        snapshot,
        folder(model.repository()).resolve(snapshot.getFileName() + end(quantization)),
        quantization);
  }

  /**
   * The copy of a model in a folder of the user's, which another one replaces when its files
   * change.
   *
   * @throws UserException if the folder is not that of a model that is not quantised
   */
  Copy of(Path source, Quantization quantization) {
    ModelFiles files = ModelFiles.find(source, Optional.of(Quantization.BF16));
    StringBuilder version = new StringBuilder();
    try {
      for (Path file : files.all()) {
        version
            .append(file.getFileName())
            .append(Files.size(file))
            .append(Files.getLastModifiedTime(file));
      }
      return new Copy(
          source.toString(),
          source,
          root.resolve("folders")
              .resolve(hash(source.toRealPath().toString()))
              .resolve(hash(version.toString()) + end(quantization)),
          quantization);
    } catch (IOException e) {
      throw UserException.cannotRead(source, e, "check its permissions");
    }
  }

  /** Sixteen digits that stand for a text. */
  private static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String end(Quantization quantization) {
    return "-" + quantization.label();
  }

  private Path folder(RepoId repository) {
    return root.resolve(repository.folder());
  }

  /** The copy of a repository in a precision, of whichever revision: there is only one. */
  private Optional<Path> find(RepoId repository, Quantization quantization) {
    return list(
            folder(repository), file -> isCopy(file) && file.toString().endsWith(end(quantization)))
        .stream()
        .findFirst();
  }

  /**
   * The copy of a model in the precision wanted.
   *
   * @param snapshot its revision that is here; where none is, a copy of any will do, unless one is
   *     named
   */
  Optional<Path> find(HubModel model, Optional<Path> snapshot) {
    return model
        .quantization()
        .flatMap(quantization ->
            snapshot.isPresent()
                ? snapshot
                    .map(revision -> of(model, revision, quantization))
                    .filter(Copy::isMade)
                    .map(Copy::folder)
                : model.revision().isMain()
                    ? find(model.repository(), quantization)
                    : Optional.empty());
  }

  /** Whether there is any copy of a repository. */
  boolean hasAny(RepoId repository) {
    return !list(folder(repository), QuantizedCopies::isCopy).isEmpty();
  }

  private static boolean isCopy(Path file) {
    return Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)
        && !file.getFileName().toString().startsWith(".");
  }

  /**
   * Refuses what there will be no room for.
   *
   * @param copyBytes that the copy takes
   * @param fetched where files have to be fetched to before
   * @param fetchBytes that these take
   */
  void requireRoom(Copy copy, long copyBytes, Path fetched, long fetchBytes) {
    try {
      long bytes = copyBytes + (Disk.isShared(root, fetched) ? fetchBytes : 0);
      long free = Disk.free(root).orElse(Long.MAX_VALUE);
      if (bytes > free) {
        throw new UserException(
            "%s takes %s to fetch and quantise, but the disk of %s has %s free"
                .formatted(copy.name(), ByteCount.of(bytes), root, ByteCount.of(free)),
            REMEDY);
      }
    } catch (IOException e) {
      throw UserException.cannotRead(root, e, REMEDY);
    }
  }

  /**
   * Makes a copy, unless it is there; copies of former versions of the model go.
   *
   * @return whether it is there now; false if the user stopped it
   * @throws UserException if the model cannot be quantised, or not be written there
   */
  boolean make(Copy copy, BooleanSupplier stopped) {
    if (copy.isMade()) {
      return true;
    }
    String what = "quantising %s to %s".formatted(copy.name(), copy.quantization().label());
    boolean made;
    try (TransientLine line = new TransientLine(terminal);
        ProcessLock _ =
            ProcessLock.await(
                copy.folder().resolveSibling(LOCK), what, REMEDY, monitor(line, stopped))) {
      // Whoever had the lock before may have made it.
      made = copy.isMade() || make(copy, what, line, stopped);
    } catch (CancelledException e) {
      made = false;
    }
    if (!made) {
      terminal.err().printf("moshi-mlx: stopped %s; nothing of that is kept%n", what);
    }
    return made;
  }

  private boolean make(Copy copy, String what, TransientLine line, BooleanSupplier stopped) {
    Path versions = copy.folder().getParent();
    // What a process left that was killed: none is at work now.
    remove(list(versions, file -> !isCopy(file) && Files.isDirectory(file)));
    ModelFiles source = ModelFiles.find(copy.source(), Optional.of(Quantization.BF16));
    Quantizer quantizer = new Quantizer(source.weights(), copy.quantization());
    QuantizedFolder folder =
        new QuantizedFolder(source, copy.source(), copy.folder(), copy.quantization(), REMEDY);
    boolean made =
        folder.make(file ->
            quantizer.write(
                file,
                (done, all) -> line.show("%s: %d of %d tensors".formatted(what, done, all)),
                stopped));
    if (made) {
      remove(
          list(
              versions,
              file ->
                  isCopy(file)
                      && !file.equals(copy.folder())
                      && file.toString().endsWith(end(copy.quantization()))));
      line.clear();
      terminal
          .err()
          .printf(
              "moshi-mlx: %s in %s is kept in %s, which takes %s%n",
              copy.name(),
              copy.quantization().label(),
              copy.folder(),
              ByteCount.of(quantizer.targetBytes()));
    }
    return made;
  }

  private static Progress monitor(TransientLine line, BooleanSupplier stopped) {
    return new Progress() {
      @Override
      public void at(String file, long done, long total) {}

      @Override
      public void note(String what) {
        line.show(what);
      }

      @Override
      public boolean cancelled() {
        return stopped.getAsBoolean();
      }
    };
  }

  /** Removes the copy of a repository in a precision. */
  void remove(RepoId repository, Quantization quantization) {
    whileNoneIsMade(repository, () -> remove(find(repository, quantization).stream().toList()));
  }

  /** Removes all copies of a repository. */
  void remove(RepoId repository) {
    if (Files.isDirectory(folder(repository))) {
      whileNoneIsMade(repository, () -> remove(List.of(folder(repository))));
    }
  }

  /** Removes the copies of one revision of a repository. */
  void remove(RepoId repository, Path snapshot) {
    String start = snapshot.getFileName() + "-";
    if (Files.isDirectory(folder(repository))) {
      whileNoneIsMade(
          repository,
          () ->
              remove(
                  list(
                      folder(repository),
                      file -> file.getFileName().toString().startsWith(start))));
    }
  }

  private void whileNoneIsMade(RepoId repository, Runnable removal) {
    Optional<ProcessLock> lock =
        ProcessLock.attempt(folder(repository).resolve(LOCK), "remove it by hand");
    try (ProcessLock _ =
        lock.orElseThrow(() ->
            new UserException(
                "%s is being quantised by another process".formatted(repository),
                "let it end, or end it"))) {
      removal.run();
    }
  }

  private static List<Path> list(Path folder, Predicate<Path> wanted) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(wanted).sorted().toList();
    } catch (IOException e) {
      throw UserException.cannotRead(folder, e, REMEDY);
    }
  }

  private static void remove(List<Path> folders) {
    for (Path folder : folders) {
      try {
        Folders.delete(folder);
      } catch (IOException e) {
        throw UserException.cannotWrite(folder, e, "remove it by hand");
      }
    }
  }
}
