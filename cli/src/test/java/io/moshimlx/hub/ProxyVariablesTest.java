package io.moshimlx.hub;

import static io.moshimlx.hub.HubTest.PATIENCE;
import static io.moshimlx.hub.HubTest.REPO;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.Progress;
import io.moshimlx.UserException;
import io.moshimlx.Variables;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyVariablesTest {
  @TempDir Path folder;

  private static String proxy(String address, String... variables) {
    Map<String, String> environment = new HashMap<>();
    for (int i = 0; i < variables.length; i += 2) {
      environment.put(variables[i], variables[i + 1]);
    }
    return new ProxyVariables(new Variables(environment))
        .of(URI.create(address))
        .map(named -> named.host() + ":" + named.port())
        .orElse("none");
  }

  @Test
  void eachSchemeHasItsOwn() {
    String[] both = {"HTTPS_PROXY", "http://secure:1", "HTTP_PROXY", "http://plain:2"};
    assertEquals("secure:1", proxy("https://hub.invalid/a", both));
    assertEquals("plain:2", proxy("http://hub.invalid/a", both));
    assertEquals("none", proxy("http://hub.invalid", "HTTPS_PROXY", "http://secure:1"));
    assertEquals("any:3", proxy("http://hub.invalid", "ALL_PROXY", "any:3"));
    assertEquals("small:80", proxy("https://hub.invalid", "https_proxy", "http://small/"));
  }

  @ParameterizedTest
  @CsvSource({
    "hub.invalid, none",
    "'other, HUB.invalid ', none",
    "invalid, none",
    ".invalid, none",
    "*.invalid, none",
    "*, none",
    "hub.invalid:443, none",
    "hub.invalid:8443, proxy:1",
    "ub.invalid, proxy:1",
    "hub, proxy:1",
    "'', proxy:1",
  })
  void exceptionsAreReachedWithout(String exceptions, String expected) {
    String[] variables = {"HTTPS_PROXY", "http://proxy:1", "NO_PROXY", exceptions};
    assertEquals(expected, proxy("https://hub.invalid/x", variables));
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://localhost:8", "http://127.0.0.1:8", "http://[::1]:8"})
  void thisMachineNeedsNone(String address) {
    assertEquals("none", proxy(address, "ALL_PROXY", "http://proxy:1"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"socks5://me:secret@proxy:1", "https://me:secret@proxy", "http://", "a b"})
  void whatIsNoProxyIsNamedWithoutItsPassword(String text) {
    String[] variables = {"HTTPS_PROXY", text};
    String message =
        assertThrows(UserException.class, () -> proxy("https://hub.invalid", variables))
            .getMessage();
    assertTrue(message.startsWith("HTTPS_PROXY does not name a proxy"), message);
    assertFalse(message.contains("secret"), message);
  }

  private Hub hub(String endpoint, String variable, String proxy) {
    return new Hub(
        HubSettings.of(
            Map.of("HF_ENDPOINT", endpoint, "HF_HOME", folder.toString(), variable, proxy)),
        PATIENCE);
  }

  /** A proxy gets the whole address, and a hub that stands for one looks at the path alone. */
  @Test
  void aHubIsReachedThroughIt() throws IOException {
    byte[] content = "text".getBytes(StandardCharsets.UTF_8);
    try (FakeHub server = FakeHub.start()) {
      server.putSmall(REPO.toString(), "a.txt", content);
      Hub hub = hub("http://hub.invalid", "HTTP_PROXY", server.endpoint());
      hub.fetch(REPO, List.of(hub.look(REPO, "a.txt", Progress.NONE).orElseThrow()), Progress.NONE);
      assertArrayEquals(
          content, Files.readAllBytes(hub.folder(REPO).orElseThrow().resolve("a.txt")));
    }
  }

  private String refusal(Hub hub) {
    return assertThrows(UserException.class, () -> hub.look(REPO, "a", Progress.NONE)).getMessage();
  }

  @Test
  void aSecureConnectionIsAskedForWithThePassword() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<List<String>> request =
          CompletableFuture.supplyAsync(() -> refuse(socket, "407 Proxy Authentication Required"));
      String address = "127.0.0.1:" + socket.getLocalPort();
      String message =
          refusal(hub("https://hub.invalid", "HTTPS_PROXY", "http://me:secret@" + address));
      assertTrue(
          message.startsWith(
              "the proxy %s (HTTPS_PROXY) does not let us through to hub.invalid"
                  .formatted(address)),
          message);
      assertFalse(message.contains("secret"), message);
      List<String> lines = request.get();
      assertEquals("CONNECT hub.invalid:443 HTTP/1.1", lines.getFirst());
      String credentials =
          Base64.getEncoder().encodeToString("me:secret".getBytes(StandardCharsets.UTF_8));
      assertTrue(
          lines.stream()
              .anyMatch(line -> line.equalsIgnoreCase("Proxy-Authorization: Basic " + credentials)),
          lines::toString);
    }
  }

  /**
   * Reads one request, of which it returns the lines, and answers it with no more than a status.
   */
  private static List<String> refuse(ServerSocket socket, String status) {
    try (Socket connection = socket.accept();
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(connection.getInputStream(), StandardCharsets.US_ASCII))) {
      List<String> lines = new ArrayList<>();
      for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
        lines.add(line);
      }
      String answer = "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n";
      connection.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
      return lines;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void oneThatDoesNotAnswerIsNamed() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    String message = refusal(hub("https://hub.invalid", "ALL_PROXY", "127.0.0.1:" + port));
    assertTrue(
        message.startsWith(
            "hub.invalid cannot be reached through the proxy 127.0.0.1:%d (ALL_PROXY): no connection"
                .formatted(port)),
        message);
  }
}
