package io.moshimlx.hub;

import io.moshimlx.UserException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/** What the hub refuses, or why it is not reached: each cause in words, with its remedy. */
final class Refusals {
  private static final int PROXY_WANTS_CREDENTIALS = 407;

  /** What the hub says of a token that it does not know, or no longer. */
  private static final Pattern BAD_TOKEN =
      Pattern.compile("(?i)invalid (credentials|user token|token)|token .*(expired|invalid)");

  private static final Pattern LACKS_RIGHT = Pattern.compile("(?i)fine-grained|permission");
  private static final Pattern WAITS = Pattern.compile("(?i)await|pending");
  private static final Pattern DENIED = Pattern.compile("(?i)rejected");
  private static final Pattern DISABLED = Pattern.compile("(?i)is disabled");

  private final HubSettings settings;

  Refusals(HubSettings settings) {
    this.settings = settings;
  }

  /** Whether the repository is there but has no such file. */
  static boolean noSuchFile(Answer<?> response) {
    String code = code(response);
    return response.statusCode() == 404 && (code.isEmpty() || code.equals("EntryNotFound"));
  }

  /** Whether the repository is there but has no such revision. */
  static boolean noSuchRevision(Answer<?> response) {
    return code(response).equals("RevisionNotFound");
  }

  /** Whether an answer is to the token that was sent, and not to what was asked for. */
  static boolean badToken(Answer<?> response) {
    return response.statusCode() == 401
        || (response.statusCode() >= 400 && BAD_TOKEN.matcher(message(response)).find());
  }

  /** Whether a host that answers is a hub, as far as one can see. */
  boolean isHub(Answer<?> response) {
    return HubClient.sameHost(response.uri(), settings.endpoint())
        || !code(response).isEmpty()
        || HubClient.isOfFile(response);
  }

  /**
   * The error for an answer that no further attempt would change.
   *
   * @param badToken a token that the hub did not accept, so that this was asked without one
   */
  UserException of(Answer<?> response, RepoId repo, String file, Optional<HubToken> badToken) {
    int status = response.statusCode();
    String code = code(response);
    if (status == PROXY_WANTS_CREDENTIALS) {
      return closedProxy(response.uri());
    }
    if (!isHub(response)) {
      return new UserException(
          "%s, where the hub keeps %s of %s, answers %s"
              .formatted(response.uri().getAuthority(), file, repo, status),
          "try again later");
    }
    if (code.equals("RepoNotFound")) {
      return unknownRepository(repo, badToken);
    }
    return switch (status) {
      case 401, 403 -> closed(response, repo, badToken);
      case 404 ->
          new UserException(
              "%s has no file %s in the revision asked for".formatted(repo, file),
              "it may have changed just now, try again");
      default ->
          new UserException(
              "%s answers %s for %s of %s".formatted(settings.endpoint(), status, file, repo),
              "check HF_ENDPOINT, or try again later");
    };
  }

  private UserException closedProxy(URI uri) {
    return new UserException(
        "%s does not let us through to %s"
            .formatted(proxy(uri).orElse("a proxy"), uri.getAuthority()),
        "give it a user and a password, as in http://user:password@host:3128");
  }

  private UserException unknownRepository(RepoId repo, Optional<HubToken> badToken) {
    if (badToken.isPresent()) {
      return new UserException(
          "%s is not valid, or no longer, and without one there is no repository %s at %s"
              .formatted(badToken.orElseThrow(), repo, settings.endpoint()),
          "check the name, or make a new token at %s".formatted(settings.tokenPage()));
    }
    return new UnknownRepositoryException(
        "there is no repository %s at %s, or it is private and %s"
            .formatted(
                repo,
                settings.endpoint(),
                settings
                    .token()
                    .map(token -> "does not open to " + token)
                    .orElse("needs a token in HF_TOKEN")));
  }

  /** The error for a repository that is there, but has no such revision. */
  UserException unknownRevision(Revision revision) {
    return new UserException(
        "%s has no revision '%s'".formatted(revision.repository(), revision.name()),
        "%s/%s/tree/main shows its branches and tags"
            .formatted(settings.endpoint(), revision.repository()));
  }

  private UserException closed(Answer<?> response, RepoId repo, Optional<HubToken> badToken) {
    String page = settings.endpoint() + "/" + repo;
    String message = message(response);
    Optional<HubToken> token = settings.token();
    if (DISABLED.matcher(message).find()) {
      return new UserException(
          "the hub has disabled %s, see %s".formatted(repo, page), "choose another model");
    }
    if (!HubClient.sameHost(response.uri(), settings.endpoint())) {
      URI other = response.uri();
      return new UserException(
          "%s is gated, and %s sends to %s://%s, which is not given your token"
              .formatted(repo, settings.endpoint(), other.getScheme(), other.getAuthority()),
          "set HF_ENDPOINT to that");
    }
    if (badToken.isPresent()) {
      return new UserException(
          "%s is not valid, or no longer, and %s does not open without one"
              .formatted(badToken.orElseThrow(), repo),
          "make a new one at %s".formatted(settings.tokenPage()));
    }
    if (token.isEmpty()) {
      return new UserException(
          repo + " is gated",
          "accept its conditions at %s, make a token at %s and put it into HF_TOKEN or the file %s"
              .formatted(page, settings.tokenPage(), settings.tokenFile()));
    }
    if (LACKS_RIGHT.matcher(message).find()) {
      return new UserException(
          "%s lacks the right to open %s".formatted(token.orElseThrow(), repo),
          "give it '%s' at %s".formatted(TokenCheck.RIGHT_TO_GATED, settings.tokenPage()));
    }
    if (WAITS.matcher(message).find()) {
      return new UserException(
          "your request for %s waits for its authors".formatted(repo),
          "see %s, and try again once they agree".formatted(page));
    }
    if (DENIED.matcher(message).find()) {
      return new UserException(
          "the authors of %s have rejected your request".formatted(repo),
          "see %s, or choose another model".formatted(page));
    }
    return new UserException(
        repo + " is gated",
        "accept its conditions at %s with the account of %s".formatted(page, token.orElseThrow()));
  }

  /** What to know when all goes on without the user's token. */
  String withoutToken(HubToken badToken) {
    return "%s is not valid, or no longer; going on without it (make a new one at %s, or remove it)"
        .formatted(badToken, settings.tokenPage());
  }

  /** The error for a hub that has too much to do, after all attempts. */
  UserException busy(Answer<?> response, Optional<Duration> retryAfter) {
    String what =
        response.statusCode() == 429 ? "has had too many requests from here" : "is out of order";
    return new UserException(
        "%s %s (status %s)".formatted(response.uri().getAuthority(), what, response.statusCode()),
        "try again %s"
            .formatted(retryAfter.map(wait -> "in " + wait.toSeconds() + " s").orElse("later")));
  }

  /** The error for a host that gives no answer. */
  UserException unreachable(NoAnswer e) {
    URI uri = e.uri();
    Optional<String> proxy = proxy(uri);
    String sender =
        HubClient.sameHost(uri, settings.endpoint())
            ? ""
            : " (where %s sends to)".formatted(settings.endpoint());
    String host = uri.getAuthority() + sender;
    String through = proxy.map(" through "::concat).orElse("");
    if (e.certificate().isPresent()) {
      NoAnswer.Certificate certificate = e.certificate().orElseThrow();
      return new UserException(
          "there is no secure connection to %s%s: %s".formatted(host, through, certificate.what()),
          certificate.remedy(),
          e);
    }
    return new UserException(
        "%s cannot be reached%s: %s".formatted(host, through, e.why()),
        "check the network and %s, or use what is here with --offline"
            .formatted(proxy.isPresent() ? "the proxy" : "HF_ENDPOINT"),
        e);
  }

  /** The error for an answer without what a hub says of a file. */
  UserException noHub(URI asked, Answer<?> response) {
    URI uri = response.uri();
    if (response.statusCode() == PROXY_WANTS_CREDENTIALS) {
      return closedProxy(uri);
    }
    return HubClient.sameHost(uri, asked)
        ? new UserException(
            uri + " does not answer as a hub does",
            "check HF_ENDPOINT and whether a proxy stands in between")
        : new UserException(
            "%s sends to %s, which does not answer as a hub does (status %s)"
                .formatted(asked, uri, response.statusCode()),
            "check HF_ENDPOINT");
  }

  /** The proxy that leads to an address, in words. */
  private Optional<String> proxy(URI uri) {
    return settings.proxies().of(uri).map(ProxyVariables.Named::toString);
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

  private static String code(Answer<?> response) {
    return response.header("X-Error-Code").orElse("");
  }

  private static String message(Answer<?> response) {
    return response.header("X-Error-Message").orElse("");
  }
}
