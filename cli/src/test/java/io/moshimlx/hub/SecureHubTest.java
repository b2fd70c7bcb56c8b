package io.moshimlx.hub;

import static io.moshimlx.hub.HubTest.PATIENCE;
import static io.moshimlx.hub.HubTest.REPO;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.Progress;
import io.moshimlx.UserException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStoreSpi;
import java.security.Provider;
import java.security.Security;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Date;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A hub whose certificate is by an authority that Java does not know. */
class SecureHubTest {
  private static TestCertificates certificates;
  private static TestCertificates ofOthers;

  @TempDir Path folder;
  private FakeHub server;
  private Map<String, String> environment;

  @BeforeAll
  static void makeCertificates(@TempDir Path made) throws Exception {
    certificates = new TestCertificates(Files.createDirectory(made.resolve("a")), "ip:127.0.0.1");
    ofOthers = new TestCertificates(Files.createDirectory(made.resolve("b")), "dns:other.test");
  }

  @BeforeEach
  void start() throws Exception {
    start(certificates);
  }

  private void start(TestCertificates shown) throws Exception {
    server = FakeHub.startSecure(shown.server());
    server.putSmall(REPO.toString(), "config.json", new byte[2]);
    environment = server.environment(folder);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private boolean isThere() {
    return new Hub(HubSettings.of(environment), PATIENCE)
        .look(REPO, "config.json", Progress.NONE)
        .isPresent();
  }

  private String refusal() {
    return assertThrows(UserException.class, this::isThere).getMessage();
  }

  @ParameterizedTest
  @ValueSource(strings = {"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"})
  void aCertificateThatAVariableNamesIsTrusted(String variable) throws Exception {
    Path authority = certificates.authority();
    Path alone = Files.createDirectory(folder.resolve("trusted"));
    Files.copy(authority, alone.resolve("1a2b3c4d.0"));
    Files.writeString(alone.resolve("README"), "-----BEGIN CERTIFICATE-----\n!\n-----END ");
    boolean folders = variable.equals("SSL_CERT_DIR");
    environment.put(variable, folders ? "/none:" + alone : authority.toString());
    assertTrue(isThere());
    environment.put(variable, alone.toString());
    assertTrue(isThere());
  }

  @Test
  void aBundleMayHoldOtherThings() throws Exception {
    Path other = ofOthers.authority();
    Path bundle = folder.resolve("bundle.pem");
    Files.writeString(
        bundle,
        "\ufeff# Grüße - from IT\n"
            + Files.readString(other)
            + "subject=CN=a - b\n"
            + Files.readString(certificates.authority())
                .replace("CERTIFICATE", "X509 CERTIFICATE"));
    environment.put("SSL_CERT_FILE", bundle.toString());
    assertTrue(isThere());
    environment.put("SSL_CERT_FILE", certificates.authorityInDer().toString());
    assertTrue(isThere());
    environment.put("CURL_CA_BUNDLE", other.toString());
    assertTrue(isThere(), "one variable does not undo another");
  }

  /** What a provider of the JDK on Macs brings: here it holds what the test puts there. */
  public static final class Keychain extends KeyStoreSpi {
    private static Certificate trusted;

    @Override
    public Key engineGetKey(String alias, char[] password) {
      return null;
    }

    @Override
    public Certificate[] engineGetCertificateChain(String alias) {
      return null;
    }

    @Override
    public Certificate engineGetCertificate(String alias) {
      return trusted;
    }

    @Override
    public Date engineGetCreationDate(String alias) {
      return null;
    }

    @Override
    public void engineSetKeyEntry(String alias, Key key, char[] password, Certificate[] chain) {}

    @Override
    public void engineSetKeyEntry(String alias, byte[] key, Certificate[] chain) {}

    @Override
    public void engineSetCertificateEntry(String alias, Certificate certificate) {}

    @Override
    public void engineDeleteEntry(String alias) {}

    @Override
    public Enumeration<String> engineAliases() {
      return Collections.enumeration(List.of("company"));
    }

    @Override
    public boolean engineContainsAlias(String alias) {
      return true;
    }

    @Override
    public int engineSize() {
      return 1;
    }

    @Override
    public boolean engineIsKeyEntry(String alias) {
      return false;
    }

    @Override
    public boolean engineIsCertificateEntry(String alias) {
      return true;
    }

    @Override
    public String engineGetCertificateAlias(Certificate certificate) {
      return null;
    }

    @Override
    public void engineStore(OutputStream stream, char[] password) {}

    @Override
    public void engineLoad(InputStream stream, char[] password) {}
  }

  private static final class KeychainProvider extends Provider {
    KeychainProvider(String type) {
      super("Keychain", "1", "stands in for a Mac's");
      put("KeyStore." + type, Keychain.class.getName());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"KeychainStore", "KeychainStore-ROOT"})
  void whatAMacsKeychainHoldsIsTrusted(String type) throws Exception {
    Keychain.trusted = certificates.certificate();
    Provider provider = new KeychainProvider(type);
    Security.insertProviderAt(provider, 1);
    try {
      assertTrue(isThere());
    } finally {
      Security.removeProvider(provider.getName());
    }
  }

  @Test
  void aCertificateThatIsNotTrustedIsFinal() {
    List<String> notes = new ArrayList<>();
    Progress monitor =
        new Progress() {
          @Override
          public void at(String file, long done, long total) {}

          @Override
          public void note(String what) {
            notes.add(what);
          }

          @Override
          public boolean cancelled() {
            return false;
          }
        };
    Hub hub = new Hub(HubSettings.of(environment), PATIENCE);
    String message =
        assertThrows(UserException.class, () -> hub.look(REPO, "config.json", monitor))
            .getMessage();
    assertEquals(
        "there is no secure connection to 127.0.0.1:%s: it shows a certificate that is not trusted: "
                .formatted(server.port())
            + "your network may open secure connections; put its certificate into SSL_CERT_FILE",
        message);
    assertEquals(List.of(), notes, "no second attempt");
  }

  @Test
  void theCertificateOfAnotherHostIsFinalToo() throws Exception {
    stop();
    start(ofOthers);
    environment.put("SSL_CERT_FILE", ofOthers.authority().toString());
    String message = refusal();
    assertTrue(message.contains("it shows the certificate of another host"), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"})
  void whatIsNoCertificateIsNamedWithItsVariable(String variable) throws Exception {
    Path file = folder.resolve("file.pem");
    environment.put(variable, file.toString());
    assertEquals(
        "%s: %s cannot be read: there is no such file; give the file of a certificate, or unset it"
            .formatted(variable, file),
        refusal());
    byte[] half = Files.readAllBytes(certificates.authorityInDer());
    for (byte[] content :
        List.of(
            new byte[0],
            "{}".getBytes(StandardCharsets.UTF_8),
            "-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----\n"
                .getBytes(StandardCharsets.UTF_8),
            "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"
                .getBytes(StandardCharsets.UTF_8),
            Arrays.copyOf(half, half.length / 2))) {
      Files.write(file, content);
      String message = refusal();
      assertTrue(
          message.startsWith(variable + " names " + file + ", which holds no certificate"),
          message);
      assertTrue(message.endsWith("; give the file of a certificate, or unset it"), message);
    }
    assertTrue(server.requests().isEmpty());
  }
}
