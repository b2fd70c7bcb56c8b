package io.moshimlx.hub;

import io.moshimlx.CancelledException;
import io.moshimlx.Progress;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Sends requests. Java's client tries only the first address of a host, which may be of a family
 * that does not work on this network; here the others come next.
 */
final class Transport {
  private static final long POLL_MILLIS = 100;

  private final HubSettings settings;
  private final Duration patience;

  /** Made when they are needed first: most runs need none, and it takes a while. */
  private X509ExtendedTrustManager trust;

  private HttpClient usual;

  /** The ways to hosts that were reached over another address than their first. */
  private final Map<String, Way> ways = new HashMap<>();

  /** A client that knows whose certificate to expect of an address. */
  private record Way(InetAddress address, HttpClient client) {}

  Transport(HubSettings settings, Duration patience) {
    this.settings = settings;
    this.patience = patience;
  }

  /**
   * Sends a request and waits for its answer.
   *
   * @throws NoAnswer if there is none
   * @throws CancelledException if the monitor wants no more waiting
   */
  <T> Answer<T> send(HttpRequest request, BodyHandler<T> body, Progress monitor) throws NoAnswer {
    URI uri = request.uri();
    Way way = ways.get(uri.getHost());
    try {
      HttpResponse<T> response =
          way == null
              ? sendUsually(request, body, monitor)
              : await(way.client().sendAsync(over(way, request), body), monitor);
      return new Answer<>(uri, response.statusCode(), response.headers(), response.body());
    } catch (IOException e) {
      throw new NoAnswer(uri, e);
    }
  }

  private <T> HttpResponse<T> sendUsually(
      HttpRequest request, BodyHandler<T> body, Progress monitor) throws IOException {
    try {
      return await(usual().sendAsync(request, body), monitor);
    } catch (ConnectException | HttpConnectTimeoutException e) {
      for (InetAddress address : others(request.uri())) {
        Way way = way(request.uri(), address);
        try {
          HttpResponse<T> response =
              await(way.client().sendAsync(over(way, request), body), monitor);
          ways.put(request.uri().getHost(), way);
          return response;
        } catch (ConnectException | HttpConnectTimeoutException next) {
          e.addSuppressed(next);
        }
      }
      throw e;
    }
  }

  /** The addresses of a host beside the first; none where a proxy looks it up. */
  private List<InetAddress> others(URI uri) {
    if (settings.proxies().of(uri).isPresent()) {
      return List.of();
    }
    try {
      return Arrays.stream(InetAddress.getAllByName(uri.getHost())).skip(1).toList();
    } catch (UnknownHostException e) {
      return List.of();
    }
  }

  private Way way(URI uri, InetAddress address) {
    SSLContext context = context(new HostTrust(trust(), uri.getHost()));
    SSLParameters parameters = context.getDefaultSSLParameters();
    parameters.setServerNames(List.of(new SNIHostName(uri.getHost())));
    return new Way(address, builder(context).sslParameters(parameters).build());
  }

  /** The same request, to an address. */
  private static HttpRequest over(Way way, HttpRequest request) {
    URI uri = request.uri();
    String text = way.address().getHostAddress().replaceFirst("%.*", "");
    String host = way.address() instanceof Inet6Address ? "[" + text + "]" : text;
    String direct = uri.toString().replace("//" + uri.getRawAuthority(), "//" + host + port(uri));
    return HttpRequest.newBuilder(request, (_, _) -> true)
        .uri(URI.create(direct))
        .header("Host", uri.getRawAuthority())
        .build();
  }

  private static String port(URI uri) {
    return uri.getPort() < 0 ? "" : ":" + uri.getPort();
  }

  private HttpClient usual() {
    if (usual == null) {
      usual = builder(context(trust())).build();
    }
    return usual;
  }

  private HttpClient.Builder builder(SSLContext context) {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .followRedirects(HttpClient.Redirect.NEVER)
        .proxy(settings.proxies())
        .sslContext(context)
        .connectTimeout(patience);
  }

  private X509ExtendedTrustManager trust() {
    if (trust == null) {
      trust = settings.trust();
    }
    return trust;
  }

  private static SSLContext context(TrustManager trusted) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {trusted}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static <T> T await(CompletableFuture<T> answer, Progress monitor) throws IOException {
    while (true) {
      try {
        return answer.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        if (monitor.cancelled()) {
          answer.cancel(true);
          throw new CancelledException();
        }
      } catch (ExecutionException e) {
        if (e.getCause() instanceof IOException failure) {
          throw failure;
        }
        throw new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        answer.cancel(true);
        throw new CancelledException();
      }
    }
  }
}
