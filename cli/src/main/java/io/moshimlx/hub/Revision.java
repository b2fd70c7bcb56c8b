package io.moshimlx.hub;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A repository at one of its branches, tags or commits; safe as a part of a path.
 *
 * @param name of the branch or tag, or the commit
 */
public record Revision(RepoId repository, String name) {
  /** What is meant where no revision is named. */
  public static final String MAIN = "main";

  private static final Pattern NAME = Pattern.compile("\\w[\\w.+-]*(/\\w[\\w.+-]*)*");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
  private static final int LONGEST = 200;

  public Revision {
    if (!isName(name)) {
      throw new IllegalArgumentException("not a revision: " + name);
    }
  }

  /** The newest state of a repository. */
  public static Revision main(RepoId repository) {
    return new Revision(repository, MAIN);
  }

  /** The revision that a text names ({@code org/name} or {@code org/name@revision}), if it does. */
  public static Optional<Revision> parse(String text) {
    int at = text.indexOf('@');
    String name = at < 0 ? MAIN : text.substring(at + 1);
    return RepoId.parse(at < 0 ? text : text.substring(0, at))
        .filter(_ -> isName(name))
        .map(repository -> new Revision(repository, name));
  }

  /** Whether a text has the form of a branch, tag or commit. */
  public static boolean isName(String text) {
    return text.length() <= LONGEST && NAME.matcher(text).matches() && !text.contains("..");
  }

  public boolean isMain() {
    return name.equals(MAIN);
  }

  /** Whether it always means the same files. */
  boolean isCommit() {
    return COMMIT.matcher(name).matches();
  }

  @Override
  public String toString() {
    return isMain() ? repository.toString() : repository + "@" + name;
  }
}
