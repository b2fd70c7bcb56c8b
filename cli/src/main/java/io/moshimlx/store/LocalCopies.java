package io.moshimlx.store;

import io.moshimlx.ByteCount;
import io.moshimlx.CancelledException;
import io.moshimlx.Disk;
import io.moshimlx.Folders;
import io.moshimlx.ProcessLock;
import io.moshimlx.Progress;
import io.moshimlx.UserException;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.checkpoint.Precision;
import io.moshimlx.hub.HubSettings;
import io.moshimlx.hub.RepoId;
import io.moshimlx.quantize.QuantizedFolder;
import io.moshimlx.quantize.Quantizer;
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
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Models that were quantised on this machine, once, to a precision that they do not come in. They
 * are in {@code moshi-mlx/quantized/MODEL/VERSION-q4} of the user's cache folder, apart from the
 * cache that is shared with other programs and from the user's own folders.
 */
final class LocalCopies {
  private static final String REMEDY =
      "make room, or move the folder of moshi-mlx with XDG_CACHE_HOME";

  private static final String LOCK = ".lock";

  private final Path root;

  LocalCopies(HubSettings settings) {
    root = settings.cacheHome().toAbsolutePath().resolve("moshi-mlx").resolve("quantized");
  }

  /** The copy of a revision of a repository. */
  LocalCopy of(HubModel model, Path snapshot, Precision precision) {
    return new LocalCopy(
        model.name(),
        snapshot,
        folder(model.repository()).resolve(snapshot.getFileName() + end(precision)),
        precision);
  }

  /**
   * The copy of a model in a folder of the user's, which another one replaces when its files
   * change.
   *
   * @throws UserException if the folder is not that of a model that is not quantised
   */
  LocalCopy of(Path source, Precision precision) {
    ModelFiles files = ModelFiles.find(source, Optional.of(Precision.NONE));
    StringBuilder version = new StringBuilder();
    try {
      for (Path file : files.all()) {
        version
            .append(file.getFileName())
            .append(Files.size(file))
            .append(Files.getLastModifiedTime(file));
      }
      return new LocalCopy(
          source.toString(),
          source,
          root.resolve("folders")
              .resolve(hash(source.toRealPath().toString()))
              .resolve(hash(version.toString()) + end(precision)),
          precision);
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

  private static String end(Precision precision) {
    return "-" + precision.label();
  }

  private Path folder(RepoId repository) {
    return root.resolve(repository.folder());
  }

  /** The copy of a repository in a precision, of whichever revision: there is only one. */
  private Optional<Path> find(RepoId repository, Precision precision) {
    return list(
            folder(repository), file -> isCopy(file) && file.toString().endsWith(end(precision)))
        .stream()
        .findFirst();
  }

  /**
   * The copy of a model in the precision wanted.
   *
   * @param snapshot its downloaded revision; if there is none, a copy of any revision is found,
   *     unless the model names one
   */
  Optional<Path> find(HubModel model, Optional<Path> snapshot) {
    return model
        .precision()
        .flatMap(precision ->
            snapshot.isPresent()
                ? snapshot
                    .map(revision -> of(model, revision, precision))
                    .filter(LocalCopy::isMade)
                    .map(LocalCopy::folder)
                : model.revision().isMain()
                    ? find(model.repository(), precision)
                    : Optional.empty());
  }

  /** Whether there is any copy of a repository. */
  boolean hasAny(RepoId repository) {
    return !list(folder(repository), LocalCopies::isCopy).isEmpty();
  }

  private static boolean isCopy(Path file) {
    return Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)
        && !file.getFileName().toString().startsWith(".");
  }

  /**
   * Checks that the disk has room for a copy and the download that it is made from.
   *
   * @param copyBytes size of the copy
   * @param cache where the download goes
   * @param downloadBytes size of the download
   * @throws UserException if there is too little
   */
  void requireRoom(LocalCopy copy, long copyBytes, Path cache, long downloadBytes) {
    try {
      long bytes = copyBytes + (Disk.isShared(root, cache) ? downloadBytes : 0);
      long free = Disk.free(root).orElse(Long.MAX_VALUE);
      if (bytes > free) {
        throw new UserException(
            "%s takes %s to download and quantise, but the disk of %s has %s free"
                .formatted(copy.name(), ByteCount.of(bytes), root, ByteCount.of(free)),
            REMEDY);
      }
    } catch (IOException e) {
      throw UserException.cannotRead(root, e, REMEDY);
    }
  }

  /**
   * Makes a copy unless it is made, and removes those of former versions of the model.
   *
   * @throws UserException if the model cannot be quantised, or the copy cannot be written
   * @throws CancelledException if the user cancels it; nothing is kept then
   */
  void make(LocalCopy copy, Progress progress) {
    if (copy.isMade()) {
      return;
    }
    String what = "quantising %s to %s".formatted(copy.name(), copy.precision().label());
    Path lock = copy.folder().resolveSibling(LOCK);
    try (ProcessLock _ = ProcessLock.await(lock, what, REMEDY, progress)) {
      // The process that had the lock before may have made it.
      if (!copy.isMade()) {
        quantize(copy, progress);
      }
    } catch (CancelledException e) {
      throw new CancelledException("stopped %s; nothing of that is kept".formatted(what), e);
    }
  }

  private static void quantize(LocalCopy copy, Progress progress) {
    Path versions = copy.folder().getParent();
    // Left by a process that was killed: none is at work now.
    remove(list(versions, file -> !isCopy(file) && Files.isDirectory(file)));
    ModelFiles source = ModelFiles.find(copy.source(), Optional.of(Precision.NONE));
    Quantizer quantizer = new Quantizer(source.weights(), copy.precision());
    new QuantizedFolder(source, copy.source(), copy.folder(), copy.precision(), REMEDY)
        .make(file -> quantizer.write(file, progress));
    remove(
        list(
            versions,
            file ->
                isCopy(file)
                    && !file.equals(copy.folder())
                    && file.toString().endsWith(end(copy.precision()))));
    progress.warn(
        "%s in %s is kept in %s, which takes %s"
            .formatted(
                copy.name(),
                copy.precision().label(),
                copy.folder(),
                ByteCount.of(quantizer.targetBytes())));
  }

  /** Removes the copy of a repository in a precision. */
  void remove(RepoId repository, Precision precision) {
    whileNoneIsMade(repository, () -> remove(find(repository, precision).stream().toList()));
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
