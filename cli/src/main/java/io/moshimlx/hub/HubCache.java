package io.moshimlx.hub;

import io.moshimlx.ByteCount;
import io.moshimlx.Disk;
import io.moshimlx.Folders;
import io.moshimlx.ProcessLock;
import io.moshimlx.Progress;
import io.moshimlx.UserException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The folder of what was downloaded, shared with Python's {@code huggingface_hub}: of each
 * repository the contents ({@code blobs/ETAG}), the revisions ({@code snapshots/COMMIT/FILE},
 * relative links to contents, or the files themselves where there can be no links) and what
 * revisions are called ({@code refs/main}).
 *
 * <p>What is half here, damaged or locked goes by names of our own, which Python's library ignores.
 * A repository's folder may be a link of the user's to elsewhere; links in it that lead out of it
 * and of the cache are refused.
 */
final class HubCache {
  private static final String OWN = ".moshi-mlx";

  /** What a repository's folder holds; Python's library notes in the last what a revision lacks. */
  private static final List<String> PARTS = List.of("blobs", "snapshots", "refs", ".no_exist");

  private static final String REMEDY = "set HF_HUB_CACHE to a folder of yours, or mend this one";

  /** What stays free on the disk: one that is filled to its last byte troubles everybody. */
  private static final long RESERVE = 64L << 20;

  private final Path root;
  private final boolean links;

  /**
   * A cache in a folder.
   *
   * @param links whether a revision's files may be links to their contents
   */
  HubCache(Path root, boolean links) {
    this.root = root;
    this.links = links;
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

  /** Waits until no other process downloads the content of a file. */
  ProcessLock awaitLock(RemoteFile file, Progress monitor) {
    return ProcessLock.await(
        locks(file.repo()).resolve(file.etag() + OWN + ".lock"),
        "downloading " + file.name(),
        REMEDY,
        monitor);
  }

  /** The commit that a revision was at when it was downloaded. */
  Optional<String> commit(Revision revision) {
    if (revision.isCommit()) {
      return Optional.of(revision.name())
          .filter(commit -> Files.isDirectory(snapshot(revision.repository(), commit)));
    }
    Path ref = ref(revision);
    if (Files.isDirectory(ref)) {
      // The beginning of other branches' names.
      return Optional.empty();
    }
    try {
      return Optional.of(Files.readString(ref, StandardCharsets.UTF_8).strip())
          .filter(RemoteFile::isWord);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw UserException.cannotRead(ref, e, REMEDY);
    }
  }

  private Path ref(Revision revision) {
    return folder(revision.repository()).resolve("refs").resolve(revision.name());
  }

  /** Notes which commit a revision is at. */
  void setCommit(Revision revision, String commit) {
    if (revision.isCommit() || commit(revision).filter(commit::equals).isPresent()) {
      return;
    }
    Path ref = ref(revision);
    try {
      makeFolder(revision.repository(), ref.getParent());
      Path written = beside(ref);
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
    checkInside(repo, path);
    return Optional.of(path);
  }

  /** Whether the content of a file is here, under its own name or as the file of its revision. */
  boolean isHere(RemoteFile file) {
    return hasBlob(file) || isPlaced(file);
  }

  /** Whether a file is in its revision. */
  boolean isPlaced(RemoteFile file) {
    Path path = path(file);
    try {
      if (Files.isSymbolicLink(path)) {
        return Files.readSymbolicLink(path).equals(target(file)) && hasBlob(file);
      }
      if (!Files.isRegularFile(path) || (file.size() >= 0 && Files.size(path) != file.size())) {
        return false;
      }
    } catch (IOException e) {
      throw UserException.cannotRead(path, e, REMEDY);
    }
    checkInside(file.repo(), path);
    return true;
  }

  private boolean hasBlob(RemoteFile file) {
    Path blob = blob(file);
    if (!Files.isRegularFile(blob)) {
      return false;
    }
    checkInside(file.repo(), blob);
    return true;
  }

  /** Makes the folder for contents. */
  void makeBlobs(RepoId repo) {
    try {
      makeFolder(repo, blobs(repo));
    } catch (IOException e) {
      throw UserException.cannotWrite(blobs(repo), e, REMEDY);
    }
  }

  private void makeFolder(RepoId repo, Path folder) throws IOException {
    Path home = folder(repo);
    if (Files.isSymbolicLink(home) && Files.notExists(home)) {
      throw new UserException(
          "%s is a link to %s, which is not there".formatted(home, Files.readSymbolicLink(home)),
          "connect that disk, or remove the link");
    }
    Files.createDirectories(folder);
    checkInside(repo, folder);
  }

  private void checkInside(RepoId repo, Path path) {
    try {
      Path real = path.toRealPath();
      if (!real.startsWith(root.toRealPath())
          && !(isOwnLink(folder(repo)) && real.startsWith(folder(repo).toRealPath()))) {
        throw new UserException(
            "%s leads out of the cache, to %s".formatted(path, real),
            "remove it and download the model again (HF_HUB_CACHE moves the cache)");
      }
    } catch (IOException e) {
      throw UserException.cannotRead(path, e, REMEDY);
    }
  }

  /** Whether it is a link that the user, or the owner of the cache, has made. */
  private boolean isOwnLink(Path path) throws IOException {
    if (!Files.isSymbolicLink(path)) {
      return false;
    }
    UserPrincipal owner = Files.getOwner(path, LinkOption.NOFOLLOW_LINKS);
    return owner.equals(Files.getOwner(root))
        || owner.getName().equals(System.getProperty("user.name"));
  }

  /** Where a file is in its revision. */
  Path path(RemoteFile file) {
    return snapshot(file.repo(), file.commit()).resolve(file.name());
  }

  /** What a link to the content of a file says. */
  private Path target(RemoteFile file) {
    return path(file).getParent().relativize(blob(file));
  }

  /** The name of what becomes another file once it is whole. */
  private static Path beside(Path file) {
    return file.resolveSibling(file.getFileName() + OWN + "." + ProcessHandle.current().pid());
  }

  /** Makes a file's content the file of its revision. */
  void place(RemoteFile file) {
    if (isPlaced(file)) {
      return;
    }
    Path path = path(file);
    try {
      makeFolder(file.repo(), path.getParent());
      if (!links || !link(file, path)) {
        moveOrCopy(file, path);
      }
    } catch (IOException e) {
      throw UserException.cannotWrite(path, e, REMEDY);
    }
  }

  /** Makes it a link; false where there can be none. */
  private boolean link(RemoteFile file, Path path) throws IOException {
    Path made = beside(path);
    Files.deleteIfExists(made);
    try {
      Files.createSymbolicLink(made, target(file));
    } catch (UnsupportedOperationException | IOException e) {
      // If it is something else that is amiss, the file cannot be put there either.
      return false;
    }
    Files.move(made, path, StandardCopyOption.ATOMIC_MOVE);
    return true;
  }

  /** Content that another revision or repository needs stays where it is. */
  private void moveOrCopy(RemoteFile file, Path path) throws IOException {
    Path blob = blob(file);
    boolean shared = Files.isSymbolicLink(blob);
    for (String commit : names(folder(file.repo()).resolve("snapshots"))) {
      shared |= targets(snapshot(file.repo(), commit)).contains(blob.toRealPath());
    }
    Path made = blob;
    if (shared) {
      made = beside(path);
      Files.copy(blob, made, StandardCopyOption.REPLACE_EXISTING);
    }
    Files.move(made, path, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Bytes of a file that are here, complete or not. */
  long bytesHere(RemoteFile file) {
    if (isHere(file)) {
      return Math.max(file.size(), 0);
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
          "%s needs %s more, but the disk of %s has %s free"
              .formatted(repo, ByteCount.of(bytes), folder(repo), ByteCount.of(free)),
          "make room, or move the cache with HF_HUB_CACHE");
    }
  }

  /** Whether there is anything of a repository. */
  boolean has(RepoId repo) {
    return Files.isDirectory(folder(repo));
  }

  /**
   * Removes a revision of a repository, contents that no other one needs, and what is half here;
   * with the last revision everything of the repository.
   *
   * @return the commits that stay
   */
  List<String> remove(Revision revision) {
    RepoId repo = revision.repository();
    List<ProcessLock> held = lockAll(repo);
    try {
      checkInside(repo, folder(repo));
      Optional<String> wanted = commit(revision);
      Map<Path, String> refs = refs(repo);
      refs.remove(ref(revision));
      if (revision.isCommit()) {
        refs.values().removeIf(revision.name()::equals);
      }
      List<String> kept =
          names(folder(repo).resolve("snapshots")).stream()
              .filter(commit ->
                  refs.containsValue(commit) || wanted.filter(c -> !c.equals(commit)).isPresent())
              .toList();
      if (kept.isEmpty()) {
        deleteAll(repo);
        return kept;
      }
      Set<Path> needed = new HashSet<>();
      for (String commit : kept) {
        needed.addAll(targets(snapshot(repo, commit)));
      }
      for (String commit : names(folder(repo).resolve("snapshots"))) {
        if (!kept.contains(commit)) {
          Folders.delete(snapshot(repo, commit));
        }
      }
      for (Path ref : refs(repo).keySet()) {
        if (!refs.containsKey(ref)) {
          Files.delete(ref);
        }
      }
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

  private void deleteAll(RepoId repo) throws IOException {
    Path folder = folder(repo);
    if (Files.isSymbolicLink(folder)) {
      // Where the user's link leads to there may be other things of theirs.
      for (String part : PARTS) {
        Folders.delete(folder.resolve(part));
      }
      if (names(folder).isEmpty()) {
        Files.delete(folder.toRealPath());
      }
      Files.delete(folder);
    } else {
      Folders.delete(folder);
    }
    Folders.delete(locks(repo));
  }

  /** Nobody may be downloading what is removed. */
  private List<ProcessLock> lockAll(RepoId repo) {
    List<ProcessLock> held = new ArrayList<>();
    for (String name : names(locks(repo))) {
      if (name.endsWith(OWN + ".lock")) {
        Optional<ProcessLock> lock = ProcessLock.attempt(locks(repo).resolve(name), REMEDY);
        if (lock.isEmpty()) {
          held.forEach(ProcessLock::close);
          throw new UserException(
              "%s is being downloaded by another process".formatted(repo), "let it end, or end it");
        }
        held.add(lock.orElseThrow());
      }
    }
    return held;
  }

  /** What branches and tags are called here, each with its commit. */
  private Map<Path, String> refs(RepoId repo) throws IOException {
    Path folder = folder(repo).resolve("refs");
    Map<Path, String> refs = new HashMap<>();
    if (Files.isDirectory(folder)) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path ref : all.filter(Files::isRegularFile).toList()) {
          refs.put(ref, Files.readString(ref).strip());
        }
      }
    }
    return refs;
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
}
