package io.moshimlx.hub;

import io.moshimlx.UserException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The hub and the cache of what was fetched from it. */
public final class Hub {
  /** The revision that is meant where none is named. */
  private static final String MAIN = "main";

  private final HubSettings settings;
  private final HubCache cache;
  private final HubClient client;
  private final Patience patience;

  /** Reaches nothing yet. */
  public Hub(HubSettings settings) {
    this(settings, Patience.USUAL);
  }

  Hub(HubSettings settings, Patience patience) {
    this.settings = settings;
    this.patience = patience;
    cache = new HubCache(settings.cache());
    client = new HubClient(settings, patience);
  }

  /** The folder of the repository's main revision as it was last fetched; may lack files. */
  public Optional<Path> folder(RepoId repo) {
    return cache.commit(repo, MAIN).map(commit -> cache.snapshot(repo, commit));
  }

  /** The folder of the revision that a file was looked up in. */
  public Path folder(RemoteFile file) {
    return cache.snapshot(file.repo(), file.commit());
  }

  /**
   * Whether a file of the main revision is here.
   *
   * @throws UserException if it is a link that leads out of the cache
   */
  public boolean has(RepoId repo, String file) {
    return cache.commit(repo, MAIN).flatMap(commit -> cache.find(repo, commit, file)).isPresent();
  }

  /** Whether there is anything of a repository in the cache. */
  public boolean hasAny(RepoId repo) {
    return cache.has(repo);
  }

  /**
   * Looks a file of the newest revision up.
   *
   * @return the file, or empty where the repository has none of that name
   * @throws UserException naming the cause, where the hub refuses or is not reached
   */
  public Optional<RemoteFile> look(RepoId repo, String file, DownloadMonitor monitor) {
    return client.look(repo, MAIN, file, monitor);
  }

  /** Looks a further file of a revision up. */
  public Optional<RemoteFile> lookBeside(RemoteFile known, String file, DownloadMonitor monitor) {
    return client.look(known.repo(), known.commit(), file, monitor);
  }

  /** Bytes of these files that have to be fetched; as far as the hub tells their sizes. */
  public long bytesMissing(List<RemoteFile> files) {
    return files.stream().mapToLong(file -> Math.max(file.size() - cache.bytesHere(file), 0)).sum();
  }

  /**
   * Fetches files of one revision, as far as they are not here, and makes it the main one.
   *
   * @throws UserException naming the cause and what becomes of what is here
   * @throws DownloadStopped if the monitor wanted that
   */
  public void fetch(List<RemoteFile> files, DownloadMonitor monitor) {
    RemoteFile first = files.getFirst();
    long bytes = bytesMissing(files);
    if (bytes > 0) {
      cache.checkSpace(first.repo(), bytes);
    }
    if (cache.commit(first.repo(), MAIN).isEmpty()) {
      // So that what is here is found before it is complete. A former revision stays until then.
      cache.setCommit(first.repo(), MAIN, first.commit());
    }
    for (RemoteFile file : files) {
      fetchAhead(file, monitor);
    }
    cache.setCommit(first.repo(), MAIN, first.commit());
  }

  /** Fetches one file into its revision, which does not become the main one by that. */
  public Path fetchAhead(RemoteFile file, DownloadMonitor monitor) {
    new Download(client, cache, patience, file, monitor).run();
    return cache.link(file);
  }

  /**
   * Removes the main revision of a repository, and what no other revision needs.
   *
   * @return the revisions that stay
   */
  public List<String> remove(RepoId repo) {
    return cache.remove(repo);
  }

  /** Whether the environment keeps off the network. */
  public boolean offline() {
    return settings.offline();
  }
}
