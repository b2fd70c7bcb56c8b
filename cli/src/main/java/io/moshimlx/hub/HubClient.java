package io.moshimlx.hub;

import io.moshimlx.Progress;
import io.moshimlx.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;

/**
 * Asks the hub for files. Redirects are followed by hand, because the hub's own answers say what a
 * file is, and because the user's token is for the hub alone and not for the host that keeps the
 * content.
 */
final class HubClient {
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final Set<Integer> BUSY = Set.of(429, 500, 502, 503, 504);
  private static final String COMMIT = "X-Repo-Commit";
  private static final int MAX_HOPS = 10;
  private static final long POLL_MILLIS = 100;

  private final HubSettings settings;
  private final Patience patience;

  private final Transport transport;
  private final Refusals refusals;

  /** The user's token, if the hub has not accepted it. */
  private Optional<HubToken> badToken = Optional.empty();

  private boolean badTokenTold;

  HubClient(HubSettings settings, Patience patience) {
    this.settings = settings;
    this.patience = patience;
    transport = new Transport(settings, patience.answer());
    refusals = new Refusals(settings);
  }

  Refusals refusals() {
    return refusals;
  }

  /** The error for an answer that no further attempt would change. */
  UserException refusal(Answer<?> response, RepoId repo, String file) {
    return refusals.of(response, repo, file, badToken);
  }

  /**
   * Looks a file up.
   *
   * @return the file, or empty where the repository has none of that name
   * @throws UserException for any other refusal, or if the hub is not reached
   */
  Optional<RemoteFile> look(Revision revision, String file, Progress monitor) {
    RepoId repo = revision.repository();
    RemoteFile.checkName(repo, file);
    URI uri = address(repo, revision.name(), file);
    int failures = 0;
    while (true) {
      Answer<Void> response;
      try {
        response = send("HEAD", uri, 0, BodyHandlers.discarding(), monitor);
      } catch (NoAnswer e) {
        if (e.isFinal() || ++failures >= patience.attempts()) {
          throw refusals.unreachable(e);
        }
        pause(patience.backOff(failures), e.why(), monitor);
        continue;
      }
      if (BUSY.contains(response.statusCode())) {
        waitWhileBusy(response, ++failures, monitor);
      } else if (!refusals.isHub(response)) {
        throw refusals.noHub(uri, response);
      } else if (Refusals.noSuchFile(response)) {
        return Optional.empty();
      } else if (Refusals.noSuchRevision(response)) {
        throw refusals.unknownRevision(revision);
      } else if (response.statusCode() >= 400) {
        throw refusal(response, repo, file);
      } else {
        return Optional.of(described(uri, response, repo, file));
      }
    }
  }

  private RemoteFile described(URI asked, Answer<?> response, RepoId repo, String file) {
    boolean redirected = REDIRECTS.contains(response.statusCode());
    String commit = response.header(COMMIT).orElseThrow(() -> refusals.noHub(asked, response));
    String etag =
        response
            .header("X-Linked-Etag")
            .or(() -> redirected ? Optional.empty() : response.header("ETag"))
            .orElseThrow(() -> refusals.noHub(asked, response));
    Optional<String> size =
        response
            .header("X-Linked-Size")
            .or(() -> redirected ? Optional.empty() : response.header("Content-Length"));
    return new RemoteFile(
        repo,
        file,
        commit,
        etag.replaceFirst("^W/", "").replace("\"", ""),
        size.filter(text -> text.matches("\\d{1,18}")).map(Long::parseLong).orElse(-1L));
  }

  /**
   * Starts to download a file, in one attempt; the caller reads the status.
   *
   * @param from the first byte wanted
   */
  Answer<InputStream> get(RemoteFile file, long from, Progress monitor) throws NoAnswer {
    return send(
        "GET",
        address(file.repo(), file.commit(), file.name()),
        from,
        BodyHandlers.ofInputStream(),
        monitor);
  }

  /**
   * Asks whose token the user's is; in one attempt, and this hub alone.
   *
   * @throws NoAnswer if it gives none
   */
  Answer<String> whoAmI(HubToken token, Progress monitor) throws NoAnswer {
    URI uri = URI.create(settings.endpoint() + "/api/whoami-v2");
    return sendOnce("GET", uri, 0, Optional.of(token), BodyHandlers.ofString(), monitor);
  }

  /** Whether an answer describes a file of a repository. */
  static boolean isOfFile(Answer<?> response) {
    return response.header(COMMIT).isPresent();
  }

  /** Whether an answer asks to come back later. */
  static boolean isBusy(Answer<?> response) {
    return BUSY.contains(response.statusCode());
  }

  /**
   * Waits as long as the host asks to, or else longer from time to time.
   *
   * @param failures how many attempts in a row have failed
   * @throws UserException if that was the last attempt, or the wait would be too long
   */
  void waitWhileBusy(Answer<?> response, int failures, Progress monitor) {
    Optional<Duration> asked = retryAfter(response);
    if (failures >= patience.attempts()
        || asked.filter(wait -> wait.compareTo(patience.longestWait()) > 0).isPresent()) {
      throw refusals.busy(response, asked);
    }
    pause(
        asked.orElseGet(() -> patience.backOff(failures)),
        "%s answers %s".formatted(response.uri().getAuthority(), response.statusCode()),
        monitor);
  }

  /** Sleeps, unless the user stops it. */
  static void pause(Duration wait, String why, Progress monitor) {
    long end = System.nanoTime() + wait.toNanos();
    monitor.note("%s, next attempt in %s s".formatted(why, wait.plusMillis(999).toSeconds()));
    for (long left = wait.toNanos(); left > 0; left = end - System.nanoTime()) {
      monitor.checkCancelled();
      Progress.sleep(Math.min(left / 1_000_000 + 1, POLL_MILLIS));
    }
    monitor.checkCancelled();
  }

  private static Optional<Duration> retryAfter(Answer<?> response) {
    return response.header("Retry-After").flatMap(HubClient::wait);
  }

  private static Optional<Duration> wait(String text) {
    if (text.matches("\\d{1,9}")) {
      return Optional.of(Duration.ofSeconds(Long.parseLong(text)));
    }
    try {
      Instant then = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration wait = Duration.between(Instant.now(), then);
      return Optional.of(wait.isNegative() ? Duration.ZERO : wait);
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  /**
   * One request, with the redirects that follow from it: all of them for GET; for HEAD those within
   * a hub and from one hub to another, because what a hub says of the file stands in its own last
   * answer.
   */
  private <T> Answer<T> send(
      String method, URI start, long from, BodyHandler<T> body, Progress monitor) throws NoAnswer {
    URI uri = start;
    for (int hop = 0; hop < MAX_HOPS; hop++) {
      monitor.checkCancelled();
      Answer<T> response = sendWithToken(method, uri, from, body, monitor);
      Optional<String> location = response.header("Location");
      if (!REDIRECTS.contains(response.statusCode()) || location.isEmpty()) {
        return response;
      }
      URI next = target(uri, location.orElseThrow());
      if (method.equals("HEAD") && isOfFile(response) && !sameHost(next, uri)) {
        return response;
      }
      discard(response);
      uri = next;
    }
    throw new UserException("%s redirects without end".formatted(start), "check HF_ENDPOINT");
  }

  private static void discard(Answer<?> response) {
    if (response.body() instanceof InputStream unread) {
      try {
        unread.close();
      } catch (IOException e) {
        // Nobody wants it.
      }
    }
  }

  /**
   * With the user's token where it is the hub that is asked; without it once it is not accepted.
   */
  private <T> Answer<T> sendWithToken(
      String method, URI uri, long from, BodyHandler<T> body, Progress monitor) throws NoAnswer {
    boolean hub = sameHost(uri, settings.endpoint());
    Optional<HubToken> token =
        hub && badToken.isEmpty() ? settings.token() : Optional.<HubToken>empty();
    Answer<T> response = sendOnce(method, uri, from, token, body, monitor);
    if (token.isPresent() && Refusals.badToken(response)) {
      discard(response);
      badToken = token;
      response = sendOnce(method, uri, from, Optional.empty(), body, monitor);
    }
    boolean opens = response.statusCode() < 400 || Refusals.noSuchFile(response);
    if (hub && badToken.isPresent() && !badTokenTold && opens) {
      badTokenTold = true;
      monitor.warn(refusals.withoutToken(badToken.orElseThrow()));
    }
    return response;
  }

  private static URI target(URI from, String location) {
    URI target;
    try {
      target = from.resolve(location);
    } catch (IllegalArgumentException e) {
      throw new UserException(
          "%s redirects to '%s', which is no address".formatted(from, location),
          "check HF_ENDPOINT",
          e);
    }
    boolean usual = "https".equals(target.getScheme()) || "http".equals(target.getScheme());
    if (!usual || ("https".equals(from.getScheme()) && "http".equals(target.getScheme()))) {
      throw new UserException(
          "%s redirects to %s, which is less safe".formatted(from, target), "check HF_ENDPOINT");
    }
    return target;
  }

  private <T> Answer<T> sendOnce(
      String method,
      URI uri,
      long from,
      Optional<HubToken> token,
      BodyHandler<T> body,
      Progress monitor)
      throws NoAnswer {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .method(method, HttpRequest.BodyPublishers.noBody())
            .timeout(patience.answer())
            .header("Accept-Encoding", "identity")
            .header("User-Agent", "moshi-mlx");
    if (from > 0) {
      request.header("Range", "bytes=" + from + "-");
    }
    settings
        .proxies()
        .of(uri)
        .flatMap(ProxyVariables.Named::authorization)
        .ifPresent(credentials -> request.header("Proxy-Authorization", credentials));
    token.ifPresent(given -> authorize(request, given));
    return transport.send(request.build(), body, monitor);
  }

  private static void authorize(HttpRequest.Builder request, HubToken token) {
    try {
      request.header("Authorization", "Bearer " + token.value());
    } catch (IllegalArgumentException e) {
      // The library's message would show the token.
      throw new UserException(
          token.source() + " does not hold a token: it has line breaks or odd characters",
          "mend it");
    }
  }

  /** Whether two addresses are of one server: scheme, host and port. */
  static boolean sameHost(URI one, URI other) {
    return one.getScheme().equalsIgnoreCase(other.getScheme())
        && one.getHost() != null
        && one.getHost().equalsIgnoreCase(other.getHost())
        && port(one) == port(other);
  }

  static int port(URI uri) {
    return uri.getPort() >= 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? 443 : 80;
  }

  private URI address(RepoId repo, String revision, String file) {
    return URI.create(
        "%s/%s/resolve/%s/%s"
            .formatted(
                settings.endpoint(), repo, escaped(revision).replace("/", "%2F"), escaped(file)));
  }

  /** A path in the form that addresses take it. */
  private static String escaped(String path) {
    StringBuilder escaped = new StringBuilder();
    for (byte b : path.getBytes(StandardCharsets.UTF_8)) {
      boolean plain = Character.isLetterOrDigit((char) (b & 0xff)) && b > 0;
      escaped.append(
          plain || "/-._~".indexOf(b) >= 0
              ? Character.toString(b)
              : "%" + HexFormat.of().withUpperCase().toHexDigits(b));
    }
    return escaped.toString();
  }
}
