package io.moshimlx.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** An authority of the tests' own, made anew each time, and the certificate of a server by it. */
public final class TestCertificates {
  private static final String PASSWORD = "password";

  private final Path folder;
  private final Path store;

  /**
   * Makes them.
   *
   * @param folder for its files
   * @param server what the certificate is for, e.g. {@code ip:127.0.0.1} or {@code dns:hub.test}
   */
  public TestCertificates(Path folder, String server) throws IOException, InterruptedException {
    this.folder = folder;
    store = folder.resolve("certificates.p12");
    keytool("-genkeypair", "-alias", "ca", "-dname", "CN=An Authority of Tests", "-ext", "bc:c");
    keytool(
        "-genkeypair",
        "-alias",
        "server",
        "-signer",
        "ca",
        "-dname",
        "CN=server",
        "-ext",
        "san=" + server);
  }

  private void keytool(String command, String... arguments)
      throws IOException, InterruptedException {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    line.add(command);
    line.addAll(List.of("-keystore", store.toString(), "-storepass", PASSWORD));
    if (command.equals("-genkeypair")) {
      line.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1", "-validity", "2"));
    }
    line.addAll(List.of(arguments));
    Path log = folder.resolve("keytool.log");
    int status =
        new ProcessBuilder(line)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();
    assertEquals(0, status, Files.readString(log));
  }

  /** The authority's certificate, as PEM. */
  public Path authority() throws IOException, GeneralSecurityException {
    String text =
        Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate().getEncoded());
    return Files.writeString(
        folder.resolve("authority.pem"),
        "-----BEGIN CERTIFICATE-----\n" + text + "\n-----END CERTIFICATE-----\n");
  }

  /** The authority's certificate, as DER. */
  Path authorityInDer() throws IOException, GeneralSecurityException {
    return Files.write(folder.resolve("authority.cer"), certificate().getEncoded());
  }

  /** The authority's certificate. */
  Certificate certificate() throws IOException, GeneralSecurityException {
    return all().getCertificate("ca");
  }

  private KeyStore all() throws IOException, GeneralSecurityException {
    KeyStore all = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      all.load(in, PASSWORD.toCharArray());
    }
    return all;
  }

  /** What the server shows its certificate with. */
  public SSLContext server() throws IOException, GeneralSecurityException {
    KeyStore keys = all();
    keys.deleteEntry("ca");
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    return context;
  }
}
