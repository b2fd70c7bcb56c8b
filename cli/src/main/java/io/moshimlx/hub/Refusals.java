package io.moshimlx.hub;

import io.moshimlx.UserException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;

/** What the hub refuses, or why it is not reached: each cause in words, with its remedy. */
final class Refusals {
  private static final String ERROR_CODE = "X-Error-Code";
  private static final int PROXY_WANTS_CREDENTIALS = 407;

  private final HubSettings settings;

  Refusals(HubSettings settings) {
    this.settings = settings;
  }

  /** Whether the repository is there but has no such file. */
  static boolean noSuchFile(HttpResponse<?> response) {
    String code = code(response);
    return response.statusCode() == 404 && (code.isEmpty() || code.equals("EntryNotFound"));
  }

  /** The error for an answer that no further attempt would change. */
  UserException of(HttpResponse<?> response, RepoId repo, String file) {
    int status = response.statusCode();
    String code = code(response);
    if (status == PROXY_WANTS_CREDENTIALS) {
      return new UserException(
          "%s does not let us through to %s: give it a user and a password, as in http://user:password@host:3128"
              .formatted(proxy(response.uri()).orElse("a proxy"), response.uri().getAuthority()));
    }
    if (!HubClient.sameHost(response.uri(), settings.endpoint())) {
      return new UserException(
          "%s, where the hub keeps %s of %s, answers %d; try again later"
              .formatted(response.uri().getAuthority(), file, repo, status));
    }
    if (code.equals("RepoNotFound")) {
      return unknownRepository(repo);
    }
    return switch (status) {
      case 401, 403 -> closed(repo);
      case 404 ->
          new UserException(
              "%s has no file %s in the revision asked for; it may have changed just now, try again"
                  .formatted(repo, file));
      default ->
          new UserException(
              "%s answers %d for %s of %s; check HF_ENDPOINT, or try again later"
                  .formatted(settings.endpoint(), status, file, repo));
    };
  }

  UserException unknownRepository(RepoId repo) {
    List<KnownModel> nearest = Catalogue.nearest(repo.toString());
    String hint =
        nearest.isEmpty()
            ? "'moshi-mlx models' lists those known"
            : "did you mean "
                + nearest.stream()
                    .map(model -> model.repository().toString())
                    .distinct()
                    .collect(Collectors.joining(" or "))
                + "?";
    return new UserException(
        "there is no repository %s at %s, or it is private and needs a token in HF_TOKEN; %s"
            .formatted(repo, settings.endpoint(), hint));
  }

  private UserException closed(RepoId repo) {
    String page = settings.endpoint() + "/" + repo;
    String tokens = settings.endpoint() + "/settings/tokens";
    Optional<HubToken> token = settings.token();
    return new UserException(
        token.isPresent()
            ? "%s does not open to %s: accept its conditions at %s with that token's account, or make a new token at %s"
                .formatted(repo, token.orElseThrow(), page, tokens)
            : "%s is gated: accept its conditions at %s, make a token at %s and put it into HF_TOKEN or the file %s"
                .formatted(repo, page, tokens, settings.tokenFile()));
  }

  /** The error for a hub that has too much to do, after all attempts. */
  UserException busy(HttpResponse<?> response, Optional<Duration> retryAfter) {
    String what =
        response.statusCode() == 429 ? "has had too many requests from here" : "is out of order";
    return new UserException(
        "%s %s (status %d); try again %s"
            .formatted(
                response.uri().getAuthority(),
                what,
                response.statusCode(),
                retryAfter.map(wait -> "in " + wait.toSeconds() + " s").orElse("later")));
  }

  /** The error for a host that gives no answer. */
  UserException unreachable(URI uri, IOException e) {
    Optional<String> proxy = proxy(uri);
    return new UserException(
        "%s cannot be reached%s: %s; check the network and %s, or use what is here with --offline"
            .formatted(
                uri.getAuthority(),
                proxy.map(" through "::concat).orElse(""),
                why(e),
                proxy.isPresent() ? "the proxy" : "HF_ENDPOINT"),
        e);
  }

  /** The proxy that leads to an address, in words. */
  private Optional<String> proxy(URI uri) {
    return settings.proxies().of(uri).map(ProxyVariables.Named::toString);
  }

  /** Whether no connection came about at all. */
  static boolean noConnection(IOException e) {
    return e instanceof ConnectException;
  }

  static String why(IOException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnresolvedAddressException) {
        return "its name is unknown";
      }
    }
    return switch (e) {
      case ConnectException _ -> "no connection";
      case HttpTimeoutException _ -> "no answer";
      case SSLException _ -> "no secure connection (" + e.getMessage() + ")";
      default -> "the connection broke (" + e.getMessage() + ")";
    };
  }

  private static String code(HttpResponse<?> response) {
    return response.headers().firstValue(ERROR_CODE).orElse("");
  }
}
