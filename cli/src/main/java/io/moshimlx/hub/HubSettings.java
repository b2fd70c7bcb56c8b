package io.moshimlx.hub;

import io.moshimlx.UserException;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the hub and its cache are, by the same variables of the environment as Python's {@code
 * huggingface_hub}.
 */
public final class HubSettings {
  private static final String USUAL_ENDPOINT = "https://huggingface.co";
  private static final Pattern VARIABLE = Pattern.compile("\\$(?:(\\w+)|\\{(\\w+)\\})");

  private final Map<String, String> environment;
  private final Path home;
  private final Path cacheHome;
  private final Path cache;
  private final Path tokenFile;

  private HubSettings(Map<String, String> environment) {
    this.environment = environment;
    home = Path.of(value("HOME").orElse(System.getProperty("user.home")));
    cacheHome = path("XDG_CACHE_HOME").orElse(home.resolve(".cache"));
    Path hubHome = path("HF_HOME").orElse(cacheHome.resolve("huggingface"));
    cache = path("HF_HUB_CACHE").orElse(hubHome.resolve("hub")).toAbsolutePath().normalize();
    tokenFile = path("HF_TOKEN_PATH").orElse(hubHome.resolve("token"));
  }

  /** The settings in an environment. */
  public static HubSettings of(Map<String, String> environment) {
    return new HubSettings(environment);
  }

  /**
   * The hub's address, without a slash at its end.
   *
   * @throws UserException if the variable holds none
   */
  URI endpoint() {
    return endpoint(value("HF_ENDPOINT").orElse(USUAL_ENDPOINT));
  }

  /** The cache's folder, absolute. */
  public Path cache() {
    return cache;
  }

  /** Where programs keep what they can make again. */
  public Path cacheHome() {
    return cacheHome;
  }

  /** Where the user's token is looked for besides the environment. */
  public Path tokenFile() {
    return tokenFile;
  }

  /** Whether the network is not to be touched. */
  public boolean offline() {
    return value("HF_HUB_OFFLINE")
        .filter(text -> List.of("1", "ON", "YES", "TRUE").contains(text.toUpperCase(Locale.ROOT)))
        .isPresent();
  }

  /** The user's token, if there is one. */
  Optional<HubToken> token() {
    Optional<HubToken> given = value("HF_TOKEN").map(value -> new HubToken(value, "HF_TOKEN"));
    return given.isPresent() ? given : tokenOfFile();
  }

  /**
   * Where the user's token comes from, if there is one: {@code HF_TOKEN} or a file.
   *
   * @throws UserException if the file cannot be read
   */
  public Optional<String> tokenSource() {
    return token().map(HubToken::source);
  }

  private Optional<HubToken> tokenOfFile() {
    try {
      String text = Files.readString(tokenFile, StandardCharsets.UTF_8).strip();
      return text.isEmpty()
          ? Optional.empty()
          : Optional.of(new HubToken(text, tokenFile.toString()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw UserException.cannotRead(
          tokenFile, e, "it holds the token for the hub; mend it or set HF_TOKEN");
    }
  }

  private Optional<String> value(String variable) {
    return Optional.ofNullable(environment.get(variable))
        .map(String::strip)
        .filter(text -> !text.isEmpty());
  }

  /** A folder or file; "~" and variables in it are replaced as Python's library does. */
  private Optional<Path> path(String variable) {
    return value(variable)
        .map(text -> {
          String expanded =
              VARIABLE
                  .matcher(text)
                  .replaceAll(match -> {
                    String name = match.group(1) == null ? match.group(2) : match.group(1);
                    return Matcher.quoteReplacement(environment.getOrDefault(name, match.group()));
                  });
          return expanded.equals("~") || expanded.startsWith("~/")
              ? home.resolve(expanded.substring(1).replaceFirst("^/+", ""))
              : Path.of(expanded);
        });
  }

  private static URI endpoint(String text) {
    try {
      URI uri = URI.create(text.replaceFirst("/+$", ""));
      if (uri.getHost() != null && List.of("http", "https").contains(uri.getScheme())) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // Said below.
    }
    throw new UserException(
        "HF_ENDPOINT is '%s', which is not the address of a hub; unset it, or give one such as %s"
            .formatted(text, USUAL_ENDPOINT));
  }
}
