package io.moshimlx.hub;

import io.moshimlx.UserException;
import io.moshimlx.Variables;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The proxy that leads to an address, by the variables that curl and Python's {@code
 * huggingface_hub} read: {@code HTTPS_PROXY}, {@code HTTP_PROXY}, {@code ALL_PROXY} and {@code
 * NO_PROXY}, in small letters or capital ones. This machine itself is reached without one.
 */
final class ProxyVariables extends ProxySelector {
  private static final Pattern THIS_MACHINE = Pattern.compile("localhost|127\\..*|\\[::1]");
  private static final int USUAL_PORT = 80;

  private final Variables variables;

  ProxyVariables(Variables variables) {
    this.variables = variables;
  }

  /**
   * A proxy.
   *
   * @param variable that names it
   * @param user with its password, as in the variable's address; empty for none
   */
  record Named(String variable, String host, int port, Optional<String> user) {
    @Override
    public String toString() {
      return "the proxy %s:%s (%s)".formatted(host, port, variable);
    }

    /** The value of a Proxy-Authorization header, RFC 7617. */
    Optional<String> authorization() {
      return user.map(text ->
          "Basic " + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)));
    }
  }

  /**
   * The proxy that leads to an address; empty for none.
   *
   * @throws UserException if a variable holds no proxy that can be used
   */
  Optional<Named> of(URI uri) {
    String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
    return isExcepted(uri)
        ? Optional.empty()
        : Stream.of(scheme + "_proxy", "all_proxy")
            .flatMap(name -> Stream.of(name, name.toUpperCase(Locale.ROOT)))
            .flatMap(name -> variables.value(name).map(text -> named(name, text)).stream())
            .findFirst();
  }

  private boolean isExcepted(URI uri) {
    String host = uri.getHost().toLowerCase(Locale.ROOT);
    String exceptions =
        variables.value("no_proxy").or(() -> variables.value("NO_PROXY")).orElse("");
    return THIS_MACHINE.matcher(host).matches()
        || Arrays.stream(exceptions.toLowerCase(Locale.ROOT).split(",", -1))
            .map(String::strip)
            .filter(exception -> !exception.isEmpty())
            .anyMatch(exception -> matches(exception, host, HubClient.port(uri)));
  }

  /** An exception is "*", or a host with all below it, and with one port if it names one. */
  private static boolean matches(String exception, String host, int port) {
    String domain = exception.replaceFirst("^\\*?\\.", "");
    return exception.equals("*")
        || Stream.of(host, host + ":" + port)
            .anyMatch(name -> name.equals(domain) || name.endsWith("." + domain));
  }

  private static Named named(String variable, String text) {
    try {
      URI uri = URI.create(text.contains("://") ? text : "http://" + text);
      if (uri.getHost() != null && uri.getScheme().equalsIgnoreCase("http")) {
        return new Named(
            variable,
            uri.getHost(),
            uri.getPort() < 0 ? USUAL_PORT : uri.getPort(),
            Optional.ofNullable(uri.getUserInfo()));
      }
    } catch (IllegalArgumentException e) {
      // Said below, without the text, which may hold a password.
    }
    throw new UserException(
        variable + " does not name a proxy that can be used",
        "unset it, or give one as in http://host:3128");
  }

  @Override
  public List<Proxy> select(URI uri) {
    return List.of(
        of(uri)
            .map(named ->
                new Proxy(Proxy.Type.HTTP, new InetSocketAddress(named.host(), named.port())))
            .orElse(Proxy.NO_PROXY));
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException failure) {
    // There is no other to try.
  }
}
