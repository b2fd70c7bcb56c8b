package io.moshimlx.hub;

import io.moshimlx.CancelledException;
import io.moshimlx.Progress;
import io.moshimlx.UserException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The hub and the cache of what was downloaded from it. */
public final class Hub {
  private final HubSettings settings;
  private final HubCache cache;
  private final HubClient client;
  private final Patience patience;

  /**
   * Sets the properties of the JVM that requests to a hub need. They hold for the whole process,
   * and only if they are set before its first request, so its owner calls this first.
   */
  public static void configureProcess() {
    // Without it Java's client sends no password to a proxy that passes a secure connection on.
    System.setProperty("jdk.http.auth.tunneling.disabledSchemes", "");
    // A request to an address names the host that it is for.
    System.setProperty("jdk.httpclient.allowRestrictedHeaders", "host");
  }

  /** Reaches nothing yet. */
  public Hub(HubSettings settings) {
    this(settings, Patience.USUAL);
  }

  Hub(HubSettings settings, Patience patience) {
    this.settings = settings;
    this.patience = patience;
    cache = new HubCache(settings.cache(), settings.links());
    client = new HubClient(settings, patience);
  }

  /** The folder of a revision as it was last downloaded; may lack files. */
  public Optional<Path> folder(Revision revision) {
    return cache.commit(revision).map(commit -> cache.snapshot(revision.repository(), commit));
  }

  /** The folder of the revision that a file was looked up in. */
  public Path folder(RemoteFile file) {
    return cache.snapshot(file.repo(), file.commit());
  }

  /**
   * Whether a file of a revision is here.
   *
   * @throws UserException if it is a link that leads out of the cache
   */
  public boolean has(Revision revision, String file) {
    return cache
        .commit(revision)
        .flatMap(commit -> cache.find(revision.repository(), commit, file))
        .isPresent();
  }

  /** Whether there is anything of a repository in the cache. */
  public boolean hasAny(RepoId repo) {
    return cache.has(repo);
  }

  /**
   * Looks a file of a revision up.
   *
   * @return the file, or empty where the repository has none of that name
   * @throws UserException naming the cause, where the hub refuses or is not reached
   */
  public Optional<RemoteFile> look(Revision revision, String file, Progress monitor) {
    return client.look(revision, file, monitor);
  }

  /** Looks a further file of the same commit up. */
  public Optional<RemoteFile> lookBeside(RemoteFile known, String file, Progress monitor) {
    return client.look(new Revision(known.repo(), known.commit()), file, monitor);
  }

  /**
   * Whether there is a file among these that has to be downloaded, of a size that the hub hides.
   */
  public boolean missesUnknown(List<RemoteFile> files) {
    return files.stream().anyMatch(file -> file.size() < 0 && !cache.isHere(file));
  }

  /** Bytes of these files that have to be downloaded, of those whose sizes the hub says. */
  public long bytesMissing(List<RemoteFile> files) {
    return files.stream().mapToLong(file -> Math.max(file.size() - cache.bytesHere(file), 0)).sum();
  }

  /**
   * Fetches files of one commit, as far as they are not here, and makes a revision be at it.
   *
   * @throws UserException naming the cause and what becomes of what is here
   * @throws CancelledException if the monitor wanted that
   */
  public void fetch(Revision revision, List<RemoteFile> files, Progress monitor) {
    RemoteFile first = files.getFirst();
    long bytes = bytesMissing(files);
    if (bytes > 0) {
      cache.checkSpace(first.repo(), bytes);
    }
    if (cache.commit(revision).isEmpty()) {
      // So that what is here is found before it is complete. A former commit stays until then.
      cache.setCommit(revision, first.commit());
    }
    for (RemoteFile file : files) {
      fetchAhead(file, monitor);
    }
    cache.setCommit(revision, first.commit());
  }

  /** Fetches one file into its commit, at which no revision is by that. */
  public Path fetchAhead(RemoteFile file, Progress monitor) {
    new Download(client, cache, patience, file, monitor).run();
    return cache.path(file);
  }

  /**
   * Removes a revision of a repository, and what no other one needs.
   *
   * @return the commits that stay
   */
  public List<String> remove(Revision revision) {
    return cache.remove(revision);
  }

  /** The variable that forbids network access, if one does. */
  public Optional<String> offline() {
    return settings.offline();
  }
}
