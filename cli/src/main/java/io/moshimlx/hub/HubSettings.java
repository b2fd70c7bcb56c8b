package io.moshimlx.hub;

import io.moshimlx.UserException;
import io.moshimlx.Variables;
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
import java.util.stream.Stream;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Where the hub and its cache are, by the same variables of the environment as Python's {@code
 * huggingface_hub}, their former names included; the new ones win.
 */
public final class HubSettings {
  private static final String USUAL_ENDPOINT = "https://huggingface.co";

  private final Variables variables;
  private final Path cacheHome;
  private final Path cache;
  private final Path tokenFile;

  private HubSettings(Variables variables) {
    this.variables = variables;
    cacheHome = variables.path("XDG_CACHE_HOME").orElse(variables.home().resolve(".cache"));
    Path hubHome = variables.path("HF_HOME").orElse(cacheHome.resolve("huggingface"));
    cache =
        variables
            .path("HF_HUB_CACHE")
            .or(() -> variables.path("HUGGINGFACE_HUB_CACHE"))
            .orElse(hubHome.resolve("hub"))
            .toAbsolutePath()
            .normalize();
    tokenFile = variables.path("HF_TOKEN_PATH").orElse(hubHome.resolve("token"));
  }

  /** The settings in an environment. */
  public static HubSettings of(Map<String, String> environment) {
    return new HubSettings(new Variables(environment));
  }

  /**
   * The hub's address, without a slash at its end.
   *
   * @throws UserException if the variable holds none
   */
  URI endpoint() {
    return endpoint(variables);
  }

  static URI endpoint(Variables variables) {
    return endpoint(variables.value("HF_ENDPOINT").orElse(USUAL_ENDPOINT));
  }

  /** What makes a secure connection a trusted one. */
  X509ExtendedTrustManager trust() {
    return TrustedCertificates.of(variables);
  }

  /** Whether files of the cache may be links to their content. */
  boolean links() {
    return !isSet("HF_HUB_DISABLE_SYMLINKS");
  }

  /** What leads to other machines. */
  ProxyVariables proxies() {
    return new ProxyVariables(variables);
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

  /** The variable that says that the network is not to be touched, if one does. */
  public Optional<String> offline() {
    return Stream.of("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
        .filter(variable -> variables.value(variable).isPresent())
        .findFirst()
        .filter(this::isSet);
  }

  private boolean isSet(String variable) {
    return variables
        .value(variable)
        .filter(text -> List.of("1", "ON", "YES", "TRUE").contains(text.toUpperCase(Locale.ROOT)))
        .isPresent();
  }

  /** The user's token, if there is one that may be sent. */
  Optional<HubToken> token() {
    return isSet("HF_HUB_DISABLE_IMPLICIT_TOKEN")
        ? Optional.empty()
        : Stream.of("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
            .flatMap(name -> variables.value(name).map(text -> new HubToken(text, name)).stream())
            .findFirst()
            .or(this::tokenOfFile);
  }

  /**
   * Where the user's token comes from, if there is one: a variable or a file.
   *
   * @throws UserException if the file cannot be read
   */
  public Optional<String> tokenSource() {
    return token().map(HubToken::source);
  }

  /** What the hub thinks of the user's token, if there is one. */
  public Optional<TokenCheck> checkToken() {
    return token().map(token -> TokenCheck.of(this, token));
  }

  /** Where tokens are made, and what they may do is set. */
  public String tokenPage() {
    return endpoint() + "/settings/tokens";
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
        "HF_ENDPOINT is '%s', which is not the address of a hub".formatted(text),
        "unset it, or give one such as %s".formatted(USUAL_ENDPOINT));
  }
}
