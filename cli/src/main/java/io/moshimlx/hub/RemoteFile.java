package io.moshimlx.hub;

import io.moshimlx.UserException;
import java.util.regex.Pattern;

/**
 * A file as the hub describes it.
 *
 * @param name its path in the repository
 * @param commit the revision that it was looked up in
 * @param etag names its content; 64 hexadecimal digits are its SHA-256
 * @param size in bytes, or −1 where the hub does not say
 */
public record RemoteFile(RepoId repo, String name, String commit, String etag, long size) {
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  /** Commit, etag and name become parts of paths: what would lead elsewhere is refused. */
  public RemoteFile {
    if (!isWord(commit) || !Revision.isName(commit) || !isWord(etag)) {
      throw new UserException(
          "%s: what the hub says of %s is no valid revision and content name (%s, %s)"
              .formatted(repo, name, commit, etag),
          "check HF_ENDPOINT");
    }
    checkName(repo, name);
  }

  /** Refuses a name that would lead out of the repository's folder. */
  static void checkName(RepoId repo, String name) {
    boolean plain = !name.isEmpty() && name.chars().noneMatch(c -> c == '\\' || c < ' ');
    for (String part : name.split("/", -1)) {
      plain &= !part.isEmpty() && !part.equals(".") && !part.equals("..");
    }
    if (!plain) {
      throw new UserException(
          "%s: the file name '%s' leads out of the repository".formatted(repo, name),
          "it is not downloaded");
    }
  }

  static boolean isWord(String text) {
    return WORD.matcher(text).matches();
  }

  /** Whether the etag is the SHA-256 of the content. */
  boolean hasSha256() {
    return SHA256.matcher(etag).matches();
  }
}
