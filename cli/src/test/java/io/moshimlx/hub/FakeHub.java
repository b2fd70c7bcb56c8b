package io.moshimlx.hub;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongUnaryOperator;
import javax.net.ssl.SSLContext;

/**
 * A hub on 127.0.0.1, with a second port as the host of large files' content, that can be made to
 * fail in the ways that the real ones do.
 */
public final class FakeHub implements AutoCloseable {
  static {
    Hub.configureProcess();
  }

  /** A request as it came. */
  public record Request(
      boolean toContentHost, String method, String path, String range, String token) {

    /** The first byte asked for. */
    public long from() {
      return range == null ? 0 : Long.parseLong(range.replaceAll("bytes=(\\d+)-", "$1"));
    }
  }

  private static final class Stored {
    private final byte[] content;
    private final boolean large;
    private final String etag;

    Stored(byte[] content, boolean large, String etag) {
      this.content = content;
      this.large = large;
      this.etag = etag;
    }
  }

  private record Refusal(int status, List<String> header) {}

  private record WhoAmI(int status, String body) {}

  private final HttpServer hub;
  private final HttpServer contentHost;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory());
  private final Map<String, Map<String, Stored>> repositories = new ConcurrentHashMap<>();
  private final Map<String, byte[]> contents = new ConcurrentHashMap<>();
  private final Map<String, String> gates = new ConcurrentHashMap<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final Queue<Refusal> hubRefusals = new ConcurrentLinkedQueue<>();
  private final Queue<Refusal> contentRefusals = new ConcurrentLinkedQueue<>();

  private volatile LongUnaryOperator cut = length -> length;
  private volatile long holdAfter = -1;
  private volatile CountDownLatch held = new CountDownLatch(0);
  private volatile boolean ignoresRange;
  private volatile boolean trickles;
  private volatile boolean spoils;
  private volatile long claimedSize = -1;
  private volatile String claimedEtag;
  private volatile String claimedCommit;

  private volatile List<String> tokenRefusal = List.of();
  private volatile String elsewhere;
  private volatile boolean hidesSizes;
  private volatile WhoAmI whoAmI = new WhoAmI(404, "");

  private FakeHub(Optional<SSLContext> context) throws IOException {
    hub = serve(false, context);
    contentHost = serve(true, context);
  }

  private HttpServer serve(boolean content, Optional<SSLContext> context) throws IOException {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    HttpServer server;
    if (context.isPresent()) {
      HttpsServer secure = HttpsServer.create(address, 0);
      secure.setHttpsConfigurator(new HttpsConfigurator(context.orElseThrow()));
      server = secure;
    } else {
      server = HttpServer.create(address, 0);
    }
    server.setExecutor(threads);
    server.createContext("/", exchange -> answer(exchange, content));
    server.start();
    return server;
  }

  public static FakeHub start() throws IOException {
    return new FakeHub(Optional.empty());
  }

  /** One that is reached by secure connections. */
  public static FakeHub startSecure(SSLContext context) throws IOException {
    return new FakeHub(Optional.of(context));
  }

  public int port() {
    return hub.getAddress().getPort();
  }

  public String endpoint() {
    return scheme() + "://127.0.0.1:" + port();
  }

  private String scheme() {
    return hub instanceof HttpsServer ? "https" : "http";
  }

  /** The environment of a process that uses this hub and that cache. */
  public Map<String, String> environment(Path home) {
    return new HashMap<>(
        Map.of(
            "HF_ENDPOINT",
            endpoint(),
            "HF_HOME",
            home.toString(),
            "XDG_CACHE_HOME",
            home.resolveSibling("cache").toString(),
            "XDG_CONFIG_HOME",
            home.resolveSibling("config").toString()));
  }

  /** A copy of a file: large if it holds tensors, small if not. Returns its blob's name. */
  public String put(String repo, Path file) throws IOException {
    String name = file.getFileName().toString();
    byte[] content = Files.readAllBytes(file);
    return name.endsWith(".safetensors")
        ? putLarge(repo, name, content)
        : putSmall(repo, name, content);
  }

  /** A file that the content host has, named by its SHA-256. */
  public String putLarge(String repo, String file, byte[] content) {
    String etag = hash("SHA-256", content);
    files(repo).put(file, new Stored(content, true, etag));
    contents.put(etag, content);
    return etag;
  }

  /** A file that the hub has itself, named by its SHA-1 as git does. */
  public String putSmall(String repo, String file, byte[] content) {
    String etag = hash("SHA-1", content);
    files(repo).put(file, new Stored(content, false, etag));
    return etag;
  }

  private Map<String, Stored> files(String repo) {
    return repositories.computeIfAbsent(repo, _ -> new TreeMap<>());
  }

  /** The repository's newest commit: another one with every change. */
  public String commit(String repo) {
    return commit(files(repo));
  }

  private static String commit(Map<String, Stored> files) {
    StringBuilder all = new StringBuilder();
    new TreeMap<>(files).forEach((name, file) -> all.append(name).append(file.etag));
    return hash("SHA-1", all.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Opens a repository only to a token. */
  public void gate(String repo, String token) {
    gates.put(repo, token);
  }

  /** Makes a tag of what a repository holds now; later changes are not in it. */
  public void tag(String repo, String tag) {
    Map<String, Stored> now = Map.copyOf(files(repo));
    repositories.put(repo + "@" + tag, now);
    repositories.put(repo + "@" + commit(repo), now);
  }

  /** Accepts no token, and says so in 401 with these headers. */
  public void refuseTokens(String... header) {
    tokenRefusal = List.of(header);
  }

  /** Sends whoever asks to another hub. */
  public void moveTo(String endpoint) {
    elsewhere = endpoint;
  }

  /** Says of no file how large it is. */
  public void hideSizes() {
    hidesSizes = true;
  }

  /** What to answer to whoever asks whose a token is. */
  public void answerWhoAmI(int status, String body) {
    whoAmI = new WhoAmI(status, body);
  }

  /** Answers the next requests, of the hub or the content host, with a status and no more. */
  public void refuse(boolean byContentHost, int status, int times, String... header) {
    Queue<Refusal> refusals = byContentHost ? contentRefusals : hubRefusals;
    for (int i = 0; i < times; i++) {
      refusals.add(new Refusal(status, List.of(header)));
    }
  }

  /** Breaks the connection of content after as many bytes of those asked for. */
  public void cut(LongUnaryOperator bytes) {
    cut = bytes;
  }

  /** Sends content up to this byte of the file and then nothing, until {@link #release}. */
  public void holdAfter(long bytes) {
    held = new CountDownLatch(1);
    holdAfter = bytes;
  }

  public void release() {
    holdAfter = -1;
    held.countDown();
  }

  public void ignoreRange() {
    ignoresRange = true;
  }

  public void trickle() {
    trickles = true;
  }

  /** Sends wrong bytes, or the right ones again. */
  public void spoil(boolean wrong) {
    spoils = wrong;
  }

  public void claim(long size, String etag, String commit) {
    claimedSize = size;
    claimedEtag = etag;
    claimedCommit = commit;
  }

  public List<Request> requests() {
    return requests;
  }

  /** The requests for content. */
  public List<Request> transfers() {
    return requests.stream()
        .filter(request -> request.toContentHost() && request.method().equals("GET"))
        .toList();
  }

  private void answer(HttpExchange exchange, boolean content) throws IOException {
    try (exchange) {
      // Undecoded: a revision may have slashes in its name.
      String path = exchange.getRequestURI().getRawPath();
      Headers headers = exchange.getRequestHeaders();
      String token = headers.getFirst("Authorization");
      requests.add(
          new Request(
              content, exchange.getRequestMethod(), path, headers.getFirst("Range"), token));
      Refusal refusal = (content ? contentRefusals : hubRefusals).poll();
      if (refusal != null) {
        List<String> header = refusal.header();
        for (int i = 0; i < header.size(); i += 2) {
          exchange.getResponseHeaders().set(header.get(i), header.get(i + 1));
        }
        exchange.sendResponseHeaders(refusal.status(), -1);
        return;
      }
      if (!content && elsewhere != null) {
        exchange.getResponseHeaders().set("Location", elsewhere + path);
        exchange.sendResponseHeaders(308, -1);
      } else if (!content && token != null && !tokenRefusal.isEmpty()) {
        for (int i = 0; i < tokenRefusal.size(); i += 2) {
          exchange.getResponseHeaders().set(tokenRefusal.get(i), tokenRefusal.get(i + 1));
        }
        exchange.sendResponseHeaders(401, -1);
      } else if (path.equals("/api/whoami-v2")) {
        byte[] body = whoAmI.body().getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(whoAmI.status(), body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
      } else if (content) {
        send(exchange, contents.get(path.substring(1)));
      } else {
        describe(exchange, path, token);
      }
    }
  }

  /** The files of a revision, or null where there is none of that name. */
  private Map<String, Stored> files(String repo, String revision) {
    return revision.equals("main") || revision.equals(commit(repo))
        ? files(repo)
        : repositories.get(repo + "@" + revision);
  }

  /**
   * Paths are /ORG/NAME/resolve/REVISION/FILE, or /small/ORG/NAME/REVISION/FILE for a redirect
   * within.
   */
  private void describe(HttpExchange exchange, String path, String token) throws IOException {
    String[] parts = path.split("/", 6);
    boolean small = parts[1].equals("small");
    String repo = small ? parts[2] + "/" + parts[3] : parts[1] + "/" + parts[2];
    String revision = decoded(parts[4]);
    String name = decoded(parts[5]);
    if (!repositories.containsKey(repo)) {
      refuse(exchange, token == null ? 401 : 404, "RepoNotFound");
    } else if (gates.containsKey(repo) && !("Bearer " + gates.get(repo)).equals(token)) {
      refuse(exchange, token == null ? 401 : 403, "GatedRepo");
    } else if (files(repo, revision) == null) {
      refuse(exchange, 404, "RevisionNotFound");
    } else if (!files(repo, revision).containsKey(name)) {
      exchange.getResponseHeaders().set("X-Repo-Commit", commit(files(repo, revision)));
      refuse(exchange, 404, "EntryNotFound");
    } else {
      Stored file = files(repo, revision).get(name);
      String commit = commit(files(repo, revision));
      Headers headers = exchange.getResponseHeaders();
      headers.set("X-Repo-Commit", claimedCommit == null ? commit : claimedCommit);
      if (small) {
        headers.set("ETag", "\"" + file.etag + "\"");
        send(exchange, file.content);
      } else if (file.large) {
        String etag = claimedEtag == null ? file.etag : claimedEtag;
        headers.set("X-Linked-Etag", "\"" + etag + "\"");
        long size = claimedSize < 0 ? file.content.length : claimedSize;
        if (!hidesSizes) {
          headers.set("X-Linked-Size", Long.toString(size));
        }
        headers.set("ETag", "\"of-the-redirect\"");
        headers.set(
            "Location",
            "%s://127.0.0.1:%d/%s"
                .formatted(scheme(), contentHost.getAddress().getPort(), file.etag));
        exchange.sendResponseHeaders(302, -1);
      } else {
        headers.set("Location", "/small/%s/%s/%s".formatted(repo, parts[4], name));
        exchange.sendResponseHeaders(307, -1);
      }
    }
  }

  private static void refuse(HttpExchange exchange, int status, String code) throws IOException {
    exchange.getResponseHeaders().set("X-Error-Code", code);
    exchange.sendResponseHeaders(status, -1);
  }

  private void send(HttpExchange exchange, byte[] content) throws IOException {
    String range = ignoresRange ? null : exchange.getRequestHeaders().getFirst("Range");
    int from = range == null ? 0 : Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
    int length = content.length - from;
    if (exchange.getRequestMethod().equals("HEAD")) {
      if (!hidesSizes) {
        exchange.getResponseHeaders().set("Content-Length", Integer.toString(length));
      }
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    if (range != null) {
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range",
              "bytes %d-%d/%d".formatted(from, content.length - 1, content.length));
    }
    exchange.sendResponseHeaders(range == null ? 200 : 206, hidesSizes ? 0 : length);
    OutputStream out = exchange.getResponseBody();
    int end = from + (int) Math.min(cut.applyAsLong(length), length);
    int pause = holdAfter < 0 ? end : Math.clamp(holdAfter, from, end);
    byte[] sent = content.clone();
    if (spoils) {
      sent[sent.length / 2] ^= 1;
    }
    write(out, sent, from, pause);
    if (pause < end) {
      try {
        held.await();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      write(out, sent, pause, end);
    }
  }

  private void write(OutputStream out, byte[] content, int from, int to) throws IOException {
    int step = trickles ? 7 : Math.max(to - from, 1);
    for (int i = from; i < to; i += step) {
      out.write(content, i, Math.min(step, to - i));
      out.flush();
    }
  }

  private static String decoded(String part) {
    return URI.create("/" + part).getPath().substring(1);
  }

  static String hash(String algorithm, byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    release();
    hub.stop(0);
    contentHost.stop(0);
    threads.shutdownNow();
  }
}
