package io.moshimlx.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.hub.FakeHub;
import io.moshimlx.hub.HubSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the hub says of the user's token. */
class HubChecksTest {
  private static final String FINE_GRAINED =
      "{\"name\":\"me\",\"auth\":{\"accessToken\":{\"role\":\"fineGrained\",\"fineGrained\":{\"canReadGatedRepos\":%s}}}}";

  @TempDir Path folder;
  private FakeHub server;
  private Map<String, String> environment;

  @BeforeEach
  void start() throws IOException {
    server = FakeHub.start();
    environment = server.environment(folder.resolve("home"));
    environment.put("HF_TOKEN", "secret");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void found(Finding.Level level, String text, String remedy) {
    Finding finding = HubChecks.token(HubSettings.of(environment));
    assertEquals(level, finding.level(), finding.toString());
    assertTrue(finding.text().contains(text), finding.toString());
    assertEquals(Optional.ofNullable(remedy), finding.remedy());
    assertFalse(finding.toString().contains("secret"), finding.toString());
  }

  @Test
  void theHubIsAskedWhetherATokenIsValid() {
    String page = server.endpoint() + "/settings/tokens";
    for (String answer : new String[] {"{\"name\":\"me\"}", FINE_GRAINED.formatted("true")}) {
      server.answerWhoAmI(200, answer);
      found(Finding.Level.OK, "from HF_TOKEN; ", null);
      found(Finding.Level.OK, "; the hub accepts it", null);
    }
    assertTrue(server.requests().stream().allMatch(r -> "Bearer secret".equals(r.token())));
    server.answerWhoAmI(200, FINE_GRAINED.formatted("false"));
    found(
        Finding.Level.WARNING,
        "it is fine-grained and lacks the right",
        "give it 'Read access to contents of all public gated repos you can access' at " + page);
    server.refuseTokens("X-Error-Message", "Invalid credentials in Authorization header");
    found(
        Finding.Level.WARNING,
        "the hub does not accept it",
        "make a new one at " + page + ", or remove it");
  }

  @Test
  void aHubThatDoesNotSayIsNoFault() throws IOException {
    String host = "127.0.0.1:" + server.port();
    found(Finding.Level.OK, "whether it is valid is not known: " + host + " answers 404", null);
    server.answerWhoAmI(200, "<html>Log in to this network</html>");
    found(Finding.Level.OK, host + " does not answer as a hub does", null);
    server.moveTo("http://127.0.0.1:1");
    found(Finding.Level.OK, host + " answers 308", null);
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    environment.put("HF_ENDPOINT", "http://127.0.0.1:" + port);
    found(Finding.Level.OK, "127.0.0.1:" + port + " cannot be reached: no connection", null);
  }

  @Test
  void offlineAndWithoutATokenNobodyIsAsked() {
    environment.put("TRANSFORMERS_OFFLINE", "1");
    found(Finding.Level.OK, "not known: TRANSFORMERS_OFFLINE forbids network access", null);
    environment.remove("HF_TOKEN");
    found(
        Finding.Level.OK,
        "none; only gated models (personaplex, moshika-rl, personaplex-rl) need one, in HF_TOKEN or ",
        null);
    assertTrue(server.requests().isEmpty());
  }
}
