package io.moshimlx.hub;

import io.moshimlx.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Asks the hub for files. Redirects are followed by hand, because the hub's own answers say what a
 * file is, and because the user's token is for the hub alone and not for the host that keeps the
 * content.
 */
final class HubClient {
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final Set<Integer> BUSY = Set.of(429, 500, 502, 503, 504);
  private static final int MAX_HOPS = 10;
  private static final long POLL_MILLIS = 100;

  static {
    // To a proxy that passes a secure connection on, Java's client sends no password, unless it is
    // told to before its first request is made.
    System.setProperty("jdk.http.auth.tunneling.disabledSchemes", "");
  }

  private final HubSettings settings;
  private final Patience patience;

  /** Made when it is needed first: most runs need none, and it takes a while. */
  private HttpClient http;

  private final Refusals refusals;

  HubClient(HubSettings settings, Patience patience) {
    this.settings = settings;
    this.patience = patience;
    refusals = new Refusals(settings);
  }

  private HttpClient http() {
    if (http == null) {
      http =
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .followRedirects(HttpClient.Redirect.NEVER)
              .proxy(settings.proxies())
              .connectTimeout(patience.answer())
              .build();
    }
    return http;
  }

  Refusals refusals() {
    return refusals;
  }

  /**
   * Looks a file up.
   *
   * @return the file, or empty where the repository has none of that name
   * @throws UserException for any other refusal, or if the hub is not reached
   */
  Optional<RemoteFile> look(RepoId repo, String revision, String file, DownloadMonitor monitor) {
    RemoteFile.checkName(repo, file);
    URI uri = address(repo, revision, file);
    int failures = 0;
    while (true) {
      HttpResponse<Void> response;
      try {
        response = send("HEAD", uri, 0, BodyHandlers.discarding(), monitor);
      } catch (IOException e) {
        if (Refusals.noConnection(e) || ++failures >= patience.attempts()) {
          throw refusals.unreachable(uri, e);
        }
        pause(patience.backOff(failures), Refusals.why(e), monitor);
        continue;
      }
      if (BUSY.contains(response.statusCode())) {
        waitWhileBusy(response, ++failures, monitor);
      } else if (Refusals.noSuchFile(response)) {
        return Optional.empty();
      } else if (response.statusCode() >= 400) {
        throw refusals.of(response, repo, file);
      } else {
        return Optional.of(described(response, repo, file));
      }
    }
  }

  private RemoteFile described(HttpResponse<?> response, RepoId repo, String file) {
    boolean redirected = REDIRECTS.contains(response.statusCode());
    String commit = header(response, "X-Repo-Commit").orElseThrow(() -> noHub(response));
    String etag =
        header(response, "X-Linked-Etag")
            .or(() -> redirected ? Optional.empty() : header(response, "ETag"))
            .orElseThrow(() -> noHub(response));
    Optional<String> size =
        header(response, "X-Linked-Size")
            .or(() -> redirected ? Optional.empty() : header(response, "Content-Length"));
    return new RemoteFile(
        repo,
        file,
        commit,
        etag.replaceFirst("^W/", "").replace("\"", ""),
        size.filter(text -> text.matches("\\d{1,18}")).map(Long::parseLong).orElse(-1L));
  }

  private static UserException noHub(HttpResponse<?> response) {
    return new UserException(
        "%s does not answer as a hub does; check HF_ENDPOINT and whether a proxy stands in between"
            .formatted(response.uri()));
  }

  /**
   * Starts to fetch a file, in one attempt; the caller reads the status.
   *
   * @param from the first byte wanted
   */
  HttpResponse<InputStream> get(RemoteFile file, long from, DownloadMonitor monitor)
      throws IOException {
    return send(
        "GET",
        address(file.repo(), file.commit(), file.name()),
        from,
        BodyHandlers.ofInputStream(),
        monitor);
  }

  /** Whether an answer asks to come back later. */
  static boolean isBusy(HttpResponse<?> response) {
    return BUSY.contains(response.statusCode());
  }

  /**
   * Waits as long as the host asks to, or else longer from time to time.
   *
   * @param failures how many attempts in a row have failed
   * @throws UserException if that was the last attempt, or the wait would be too long
   */
  void waitWhileBusy(HttpResponse<?> response, int failures, DownloadMonitor monitor) {
    Optional<Duration> asked = retryAfter(response);
    if (failures >= patience.attempts()
        || asked.filter(wait -> wait.compareTo(patience.longestWait()) > 0).isPresent()) {
      throw refusals.busy(response, asked);
    }
    pause(
        asked.orElseGet(() -> patience.backOff(failures)),
        "%s answers %d".formatted(response.uri().getAuthority(), response.statusCode()),
        monitor);
  }

  /** Sleeps, unless the user stops it. */
  static void pause(Duration wait, String why, DownloadMonitor monitor) {
    long end = System.nanoTime() + wait.toNanos();
    monitor.note("%s, next attempt in %d s".formatted(why, wait.plusMillis(999).toSeconds()));
    for (long left = wait.toNanos(); left > 0; left = end - System.nanoTime()) {
      stopIfWanted(monitor);
      sleep(Math.min(left / 1_000_000 + 1, POLL_MILLIS));
    }
    stopIfWanted(monitor);
  }

  static void stopIfWanted(DownloadMonitor monitor) {
    if (monitor.stopped()) {
      throw new DownloadStopped();
    }
  }

  static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DownloadStopped();
    }
  }

  private static Optional<Duration> retryAfter(HttpResponse<?> response) {
    return header(response, "Retry-After").flatMap(HubClient::wait);
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
   * the hub, because what the hub says of the file stands in its own last answer.
   */
  private <T> HttpResponse<T> send(
      String method, URI start, long from, BodyHandler<T> body, DownloadMonitor monitor)
      throws IOException {
    URI uri = start;
    for (int hop = 0; hop < MAX_HOPS; hop++) {
      stopIfWanted(monitor);
      HttpResponse<T> response = sendOnce(method, uri, from, body, monitor);
      Optional<String> location = header(response, "Location");
      if (!REDIRECTS.contains(response.statusCode()) || location.isEmpty()) {
        return response;
      }
      URI next = target(uri, location.orElseThrow());
      if (method.equals("HEAD") && !sameHost(next, settings.endpoint())) {
        return response;
      }
      if (response.body() instanceof InputStream unread) {
        unread.close();
      }
      uri = next;
    }
    throw new UserException("%s redirects without end; check HF_ENDPOINT".formatted(start));
  }

  private static URI target(URI from, String location) {
    URI target;
    try {
      target = from.resolve(location);
    } catch (IllegalArgumentException e) {
      throw new UserException(
          "%s redirects to '%s', which is no address; check HF_ENDPOINT".formatted(from, location),
          e);
    }
    boolean usual = "https".equals(target.getScheme()) || "http".equals(target.getScheme());
    if (!usual || ("https".equals(from.getScheme()) && "http".equals(target.getScheme()))) {
      throw new UserException(
          "%s redirects to %s, which is less safe; check HF_ENDPOINT".formatted(from, target));
    }
    return target;
  }

  private <T> HttpResponse<T> sendOnce(
      String method, URI uri, long from, BodyHandler<T> body, DownloadMonitor monitor)
      throws IOException {
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
    if (sameHost(uri, settings.endpoint())) {
      settings.token().ifPresent(token -> authorize(request, token));
    }
    CompletableFuture<HttpResponse<T>> answer = http().sendAsync(request.build(), body);
    while (true) {
      try {
        return answer.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        if (monitor.stopped()) {
          answer.cancel(true);
          throw new DownloadStopped();
        }
      } catch (ExecutionException e) {
        if (e.getCause() instanceof IOException failure) {
          throw failure;
        }
        throw new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        answer.cancel(true);
        throw new DownloadStopped();
      }
    }
  }

  private static void authorize(HttpRequest.Builder request, HubToken token) {
    try {
      request.header("Authorization", "Bearer " + token.value());
    } catch (IllegalArgumentException e) {
      // The library's message would show the token.
      throw new UserException(
          token.source() + " does not hold a token: it has line breaks or odd characters; mend it");
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
        "%s/%s/resolve/%s/%s".formatted(settings.endpoint(), repo, revision, escaped(file)));
  }

  /** A path in the form that addresses take it. */
  private static String escaped(String path) {
    StringBuilder escaped = new StringBuilder();
    for (byte b : path.getBytes(StandardCharsets.UTF_8)) {
      boolean plain = Character.isLetterOrDigit((char) (b & 0xff)) && b > 0;
      escaped.append(
          plain || "/-._~".indexOf(b) >= 0 ? Character.toString(b) : "%%%02X".formatted(b));
    }
    return escaped.toString();
  }

  private static Optional<String> header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).map(String::strip).filter(text -> !text.isEmpty());
  }
}
