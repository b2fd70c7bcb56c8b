package io.moshimlx.hub;

import io.moshimlx.UserException;
import io.moshimlx.Variables;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The name of a model as people type or paste it: an address of the hub, a slash too many. */
public final class TypedName {
  private static final String PROTOCOL = "hf://";
  private static final Set<String> HOSTS =
      Set.of("huggingface.co", "www.huggingface.co", "hf.co", "hf-mirror.com");
  private static final Set<String> OTHER_KINDS = Set.of("datasets", "spaces", "kernels", "buckets");

  /** Pages of a revision; what follows it is a file or a folder, which says no more. */
  private static final Set<String> PAGES =
      Set.of("tree", "blob", "resolve", "raw", "blame", "commit", "commits");

  /** With or without a scheme; a password in it, a query or a fragment do not matter. */
  private static final Pattern ADDRESS =
      Pattern.compile(
          "(?<scheme>(?i:https?)://(?:[^/@]*@)?)?(?<host>[^/@?#]+)(?<path>[^?#]*)(?:[?#].*)?");

  /** Revisions with slashes in their names, which nothing marks in an address. */
  private static final Pattern SLASHED = Pattern.compile("(refs/(?:pr/\\d+|convert/[\\w.-]+)).*");

  private TypedName() {}

  /**
   * The same name in its plain form: {@code org/name} or {@code org/name@revision}, a name of the
   * catalogue, or a folder.
   *
   * @throws UserException if it is an address, but of no model of the hub
   */
  public static String plain(String typed, Variables variables) {
    String text = typed.strip().replaceFirst("^git@hf\\.co:", "hf.co/");
    if (text.startsWith("~/")) {
      return variables.inHome(text).toString();
    }
    Optional<String> path = pathOnHub(text, variables);
    if (path.isPresent()) {
      return ofPath(path.orElseThrow()).orElseThrow(() -> noModel(typed, variables));
    }
    if (text.contains("://")) {
      throw noModel(typed, variables);
    }
    String without = text.replaceFirst("/+$", "");
    return Revision.parse(without).isPresent() || !without.contains("/") ? without : typed;
  }

  private static UserException noModel(String typed, Variables variables) {
    return new UserException(
        "%s is no address of a model".formatted(typed.replaceFirst("//[^/@]*@", "//")),
        "give one such as %s/org/name, or org/name alone"
            .formatted(HubSettings.endpoint(variables)));
  }

  /** What follows the hub in an address; empty for what is no address of the hub. */
  private static Optional<String> pathOnHub(String text, Variables variables) {
    if (text.regionMatches(true, 0, PROTOCOL, 0, PROTOCOL.length())) {
      return Optional.of(text.substring(PROTOCOL.length()));
    }
    Matcher address = ADDRESS.matcher(text);
    if (!address.matches()) {
      return Optional.empty();
    }
    String host = address.group("host");
    String path = address.group("path");
    if (address.group("scheme") != null) {
      URI endpoint = HubSettings.endpoint(variables);
      if (host.equalsIgnoreCase(endpoint.getRawAuthority())) {
        String base = endpoint.getRawPath() + "/";
        return Optional.of(path.startsWith(base) ? path.substring(base.length()) : path);
      }
    }
    return HOSTS.contains(host.toLowerCase(Locale.ROOT)) ? Optional.of(path) : Optional.empty();
  }

  private static Optional<String> ofPath(String path) {
    List<String> parts =
        new ArrayList<>(
            Arrays.stream(path.split("/", -1)).filter(part -> !part.isEmpty()).toList());
    if (!parts.isEmpty() && parts.getFirst().equals("models")) {
      parts.removeFirst();
    }
    if (parts.size() < 2 || OTHER_KINDS.contains(parts.getFirst())) {
      return Optional.empty();
    }
    String name = parts.get(0) + "/" + parts.get(1).replaceFirst("(\\.git)?(@.*)?$", "");
    String rest = parts.stream().skip(2).collect(Collectors.joining("/"));
    int at = parts.get(1).indexOf('@');
    if (at >= 0) {
      rest = parts.get(1).substring(at + 1) + (rest.isEmpty() ? "" : "/" + rest);
      return revision(name, rest);
    }
    boolean page = parts.size() > 3 && PAGES.contains(parts.get(2));
    return revision(name, page ? rest.substring(parts.get(2).length() + 1) : Revision.MAIN);
  }

  private static Optional<String> revision(String name, String revisionAndFile) {
    Matcher slashed = SLASHED.matcher(revisionAndFile);
    String revision =
        slashed.matches() ? slashed.group(1) : revisionAndFile.replaceFirst("/.*", "");
    String plain = name + "@" + decoded(revision);
    return Revision.parse(plain).map(Revision::toString);
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }
}
