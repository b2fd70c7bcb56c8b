package io.moshimlx.hub;

import io.moshimlx.ByteCount;
import io.moshimlx.Disk;
import io.moshimlx.UserException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The folder of what was fetched, shared with Python's {@code huggingface_hub}: of each repository
 * the contents ({@code blobs/ETAG}), the revisions ({@code snapshots/COMMIT/FILE}, relative links
 * to contents) and what revisions are called ({@code refs/main}).
 *
 * <p>What is half here, damaged or locked goes by names of our own, which Python's library ignores.
 * Links that lead out of the cache are refused.
 */
final class HubCache {
  private static final String OWN = ".moshi-mlx";
  private static final String REMEDY = "set HF_HUB_CACHE to a folder of yours, or mend this one";

  /** What stays free on the disk: one that is filled to its last byte troubles everybody. */
  private static final long RESERVE = 64L << 20;

  private final Path root;

  HubCache(Path root) {
    this.root = root;
  }

  private Path folder(RepoId repo) {
    return root.resolve(repo.folder());
  }

  Path snapshot(RepoId repo, String commit) {
    return folder(repo).resolve("snapshots").resolve(commit);
  }

  private Path blobs(RepoId repo) {
    return folder(repo).resolve("blobs");
  }

  Path blob(RemoteFile file) {
    return blobs(file.repo()).resolve(file.etag());
  }

  /** Where the content is while it is not complete. */
  Path partial(RemoteFile file) {
    return blobs(file.repo()).resolve(file.etag() + OWN + ".partial");
  }

  /** Where content is set aside that is not what it should be. */
  Path corrupt(RemoteFile file) {
    return blobs(file.repo()).resolve(file.etag() + OWN + ".corrupt");
  }

  private Path locks(RepoId repo) {
    return root.resolve(".locks").resolve(repo.folder());
  }

  /** Waits until no other process fetches the content of a file. */
  ProcessLock awaitLock(RemoteFile file, DownloadMonitor monitor) {
    return ProcessLock.await(
        locks(file.repo()).resolve(file.etag() + OWN + ".lock"),
        "fetching " + file.name(),
        REMEDY,
        monitor);
  }

  /** The commit that a revision of a repository was at when it was fetched. */
  Optional<String> commit(RepoId repo, String revision) {
    Path ref = ref(repo, revision);
    try {
      return Optional.of(Files.readString(ref, StandardCharsets.UTF_8).strip())
          .filter(RemoteFile::isWord);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw UserException.cannotRead(ref, e, REMEDY);
    }
  }

  private Path ref(RepoId repo, String revision) {
    return folder(repo).resolve("refs").resolve(revision);
  }

  /** Notes which commit a revision is at. */
  void setCommit(RepoId repo, String revision, String commit) {
    if (commit(repo, revision).filter(commit::equals).isPresent()) {
      return;
    }
    Path ref = ref(repo, revision);
    try {
      makeFolder(ref.getParent());
      Path written = ref.resolveSibling(revision + OWN + "." + ProcessHandle.current().pid());
      Files.writeString(written, commit);
      Files.move(written, ref, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw UserException.cannotWrite(ref, e, REMEDY);
    }
  }

  /** A file of a revision, if it is here. */
  Optional<Path> find(RepoId repo, String commit, String file) {
    RemoteFile.checkName(repo, file);
    Path path = snapshot(repo, commit).resolve(file);
    if (!Files.isRegularFile(path)) {
      return Optional.empty();
    }
    checkInside(path);
    return Optional.of(path);
  }

  /** Whether the content of a file is here. */
  boolean hasBlob(RemoteFile file) {
    Path blob = blob(file);
    if (!Files.isRegularFile(blob)) {
      return false;
    }
    checkInside(blob);
    return true;
  }

  /** Makes the folder for contents. */
  void makeBlobs(RepoId repo) {
    try {
      makeFolder(blobs(repo));
    } catch (IOException e) {
      throw UserException.cannotWrite(blobs(repo), e, REMEDY);
    }
  }

  private void makeFolder(Path folder) throws IOException {
    Files.createDirectories(folder);
    checkInside(folder);
  }

  private void checkInside(Path path) {
    try {
      Path real = path.toRealPath();
      if (!real.startsWith(root.toRealPath())) {
        throw new UserException(
            "%s leads out of the cache, to %s; remove it and fetch the model again (HF_HUB_CACHE moves the cache)"
                .formatted(path, real));
      }
    } catch (IOException e) {
      throw UserException.cannotRead(path, e, REMEDY);
    }
  }

  /** Makes a file's content the file of its revision. */
  Path link(RemoteFile file) {
    Path snapshot = snapshot(file.repo(), file.commit());
    Path link = snapshot.resolve(file.name());
    Path target = link.getParent().relativize(blob(file));
    try {
      makeFolder(link.getParent());
      if (Files.isSymbolicLink(link) && Files.readSymbolicLink(link).equals(target)) {
        return link;
      }
      Path made =
          link.resolveSibling(link.getFileName() + OWN + "." + ProcessHandle.current().pid());
      Files.deleteIfExists(made);
      Files.createSymbolicLink(made, target);
      Files.move(made, link, StandardCopyOption.ATOMIC_MOVE);
      return link;
    } catch (UnsupportedOperationException | FileAlreadyExistsException e) {
      throw new UserException("%s cannot be made a link; %s".formatted(link, REMEDY), e);
    } catch (IOException e) {
      throw UserException.cannotWrite(link, e, REMEDY);
    }
  }

  /** Bytes of a file that are here, complete or not. */
  long bytesHere(RemoteFile file) {
    if (hasBlob(file)) {
      return file.size();
    }
    try {
      return Math.min(Files.size(partial(file)), Math.max(file.size(), 0));
    } catch (IOException e) {
      return 0;
    }
  }

  /** Refuses to start what the disk has no room for. */
  void checkSpace(RepoId repo, long bytes) {
    makeBlobs(repo);
    long free = Disk.free(blobs(repo)).orElse(Long.MAX_VALUE);
    if (bytes + RESERVE > free) {
      throw new UserException(
          "%s needs %s more, but the disk of %s has %s free; make room, or move the cache with HF_HUB_CACHE"
              .formatted(repo, ByteCount.of(bytes), root, ByteCount.of(free)));
    }
  }

  /** Whether there is anything of a repository. */
  boolean has(RepoId repo) {
    return Files.isDirectory(folder(repo), LinkOption.NOFOLLOW_LINKS);
  }

  /**
   * Removes a repository's revision called main, contents that no other revision needs, and what is
   * half here; with the last revision everything of the repository.
   *
   * @return the revisions that stay
   */
  List<String> remove(RepoId repo) {
    List<ProcessLock> held = lockAll(repo);
    try {
      checkInside(folder(repo));
      Set<String> named = commitsNamedOtherwise(repo);
      Optional<String> main = commit(repo, "main");
      List<String> kept =
          names(folder(repo).resolve("snapshots")).stream()
              .filter(commit -> main.map(c -> !c.equals(commit)).orElse(named.contains(commit)))
              .toList();
      if (kept.isEmpty()) {
        delete(folder(repo));
        delete(locks(repo));
        return kept;
      }
      Set<Path> needed = new HashSet<>();
      for (String commit : kept) {
        needed.addAll(targets(snapshot(repo, commit)));
      }
      for (String commit : names(folder(repo).resolve("snapshots"))) {
        if (!kept.contains(commit)) {
          delete(snapshot(repo, commit));
        }
      }
      Files.deleteIfExists(ref(repo, "main"));
      for (String blob : names(blobs(repo))) {
        Path path = blobs(repo).resolve(blob);
        if (!Files.exists(path) || !needed.contains(path.toRealPath())) {
          Files.delete(path);
        }
      }
      return kept;
    } catch (IOException e) {
      throw UserException.cannotWrite(folder(repo), e, "remove it by hand");
    } finally {
      held.forEach(ProcessLock::close);
    }
  }

  /** Nobody may be fetching what is removed. */
  private List<ProcessLock> lockAll(RepoId repo) {
    List<ProcessLock> held = new ArrayList<>();
    for (String name : names(locks(repo))) {
      if (name.endsWith(OWN + ".lock")) {
        Optional<ProcessLock> lock = ProcessLock.attempt(locks(repo).resolve(name), REMEDY);
        if (lock.isEmpty()) {
          held.forEach(ProcessLock::close);
          throw new UserException(
              "%s is being fetched by another process; let it end, or end it".formatted(repo));
        }
        held.add(lock.orElseThrow());
      }
    }
    return held;
  }

  /** The commits that other names than main stand for. */
  private Set<String> commitsNamedOtherwise(RepoId repo) throws IOException {
    Path refs = folder(repo).resolve("refs");
    Set<String> commits = new HashSet<>();
    if (Files.isDirectory(refs)) {
      try (Stream<Path> all = Files.walk(refs)) {
        for (Path ref : all.filter(Files::isRegularFile).toList()) {
          if (!ref.equals(refs.resolve("main"))) {
            commits.add(Files.readString(ref).strip());
          }
        }
      }
    }
    return commits;
  }

  /** The contents that a revision's links lead to. */
  private static Set<Path> targets(Path snapshot) throws IOException {
    Set<Path> targets = new HashSet<>();
    try (Stream<Path> all = Files.walk(snapshot)) {
      for (Path link : all.filter(Files::isRegularFile).toList()) {
        targets.add(link.toRealPath());
      }
    }
    return targets;
  }

  private static List<String> names(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw UserException.cannotRead(folder, e, REMEDY);
    }
  }

  /** Deletes a folder and what is in it; links are deleted, not followed. */
  private static void delete(Path folder) throws IOException {
    if (Files.notExists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
