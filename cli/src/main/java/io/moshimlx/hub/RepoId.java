package io.moshimlx.hub;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of a repository on the hub, {@code org/name}; safe as a part of an address and of a
 * path.
 */
public record RepoId(String org, String name) {
  private static final Pattern PART = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,95}");

  public RepoId {
    if (!isPart(org) || !isPart(name)) {
      throw new IllegalArgumentException("not a repository's name: " + org + "/" + name);
    }
  }

  /** The repository that a text names, if it has the form of such a name. */
  public static Optional<RepoId> parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0 || !isPart(text.substring(0, slash)) || !isPart(text.substring(slash + 1))) {
      return Optional.empty();
    }
    return Optional.of(new RepoId(text.substring(0, slash), text.substring(slash + 1)));
  }

  /** "--" is what joins the parts in the cache's folder, ".." leads out of a folder. */
  private static boolean isPart(String text) {
    return PART.matcher(text).matches() && !text.contains("--") && !text.contains("..");
  }

  /** The repository's folder in the cache. */
  public String folder() {
    return "models--" + org + "--" + name;
  }

  @Override
  public String toString() {
    return org + "/" + name;
  }
}
