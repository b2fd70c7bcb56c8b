package io.moshimlx.hub;

import io.moshimlx.UserException;
import io.moshimlx.Variables;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Whose certificates are trusted: what Java trusts, what the system does, and what the variables
 * name that OpenSSL, Python's {@code requests} and curl read.
 */
final class TrustedCertificates {
  private static final List<String> FILES =
      List.of("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE");

  /** Folders, with colons between them; OpenSSL passes over those that are missing. */
  private static final String FOLDERS = "SSL_CERT_DIR";

  /** What a Mac's user and its system trust; no other system has keystores of these types. */
  private static final List<String> KEYCHAINS = List.of("KeychainStore", "KeychainStore-ROOT");

  /** Where a Linux keeps what its administrator trusts: Debian, Fedora, openSUSE, Alpine. */
  private static final List<String> BUNDLES =
      List.of(
          "/etc/ssl/certs/ca-certificates.crt",
          "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
          "/etc/ssl/ca-bundle.pem",
          "/etc/ssl/cert.pem");

  private static final Pattern PEM =
      Pattern.compile("-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----([^-]*)-----END ");

  private final Set<Certificate> trusted = new LinkedHashSet<>();

  private TrustedCertificates() {}

  /**
   * What decides whether a host is trusted.
   *
   * @throws UserException if a variable names what is no certificate
   */
  static X509ExtendedTrustManager of(Variables variables) {
    TrustedCertificates certificates = new TrustedCertificates();
    try {
      certificates.addOfJava();
      certificates.addOfSystem();
      for (String variable : FILES) {
        variables.path(variable).ifPresent(path -> certificates.add(variable, path));
      }
      variables
          .value(FOLDERS)
          .ifPresent(text ->
              Arrays.stream(text.split(":", -1))
                  .filter(folder -> !folder.isEmpty())
                  .map(variables::inHome)
                  .filter(Files::exists)
                  .forEach(folder -> certificates.add(FOLDERS, folder)));
      return certificates.manager();
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private X509ExtendedTrustManager manager() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    for (Certificate certificate : trusted) {
      store.setCertificateEntry(Integer.toString(store.size()), certificate);
    }
    return manager(store);
  }

  /** A manager that trusts what is in a keystore, or what Java does where that is null. */
  private static X509ExtendedTrustManager manager(KeyStore store) throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return Arrays.stream(factory.getTrustManagers())
        .filter(X509ExtendedTrustManager.class::isInstance)
        .map(X509ExtendedTrustManager.class::cast)
        .findFirst()
        .orElseThrow();
  }

  private void addOfJava() throws GeneralSecurityException {
    Collections.addAll(trusted, manager(null).getAcceptedIssuers());
  }

  private void addOfSystem() throws GeneralSecurityException {
    for (String type : KEYCHAINS) {
      try {
        KeyStore keychain = KeyStore.getInstance(type);
        keychain.load(null, null);
        for (String alias : Collections.list(keychain.aliases())) {
          if (keychain.isCertificateEntry(alias)) {
            trusted.add(keychain.getCertificate(alias));
          }
        }
      } catch (KeyStoreException | IOException e) {
        // This system has none, or keeps it closed.
      }
    }
    for (String bundle : BUNDLES) {
      try {
        trusted.addAll(read(Path.of(bundle)));
      } catch (IOException | CertificateException e) {
        // Nobody has asked for this one.
      }
    }
  }

  private void add(String variable, Path path) {
    try {
      if (Files.isDirectory(path)) {
        addFolder(path);
        return;
      }
      Collection<? extends Certificate> read = read(path);
      if (read.isEmpty()) {
        throw new CertificateException("nothing between BEGIN and END CERTIFICATE");
      }
      trusted.addAll(read);
    } catch (IOException e) {
      throw UserException.cannotRead(path, e, remedy()).in(variable);
    } catch (CertificateException e) {
      throw new UserException(
          "%s names %s, which holds no certificate that can be read (%s)"
              .formatted(variable, path, e.getMessage()),
          remedy(),
          e);
    }
  }

  private static String remedy() {
    return "give the file of a certificate, or unset it";
  }

  /** Such a folder may hold other files as well. */
  private void addFolder(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files = all.filter(Files::isRegularFile).sorted().toList();
    }
    for (Path file : files) {
      try {
        trusted.addAll(read(file));
      } catch (IOException | CertificateException e) {
        // OpenSSL passes over it, too.
      }
    }
  }

  /** The certificates in a file: any number as PEM, with whatever stands between them; or DER. */
  private static Collection<? extends Certificate> read(Path file)
      throws IOException, CertificateException {
    byte[] bytes = Files.readAllBytes(file);
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    if (!text.contains("-----BEGIN ")) {
      return factory.generateCertificates(new ByteArrayInputStream(bytes));
    }
    List<Certificate> certificates = new ArrayList<>();
    for (Matcher block = PEM.matcher(text); block.find(); ) {
      try {
        byte[] der = Base64.getMimeDecoder().decode(block.group(1));
        certificates.add(factory.generateCertificate(new ByteArrayInputStream(der)));
      } catch (IllegalArgumentException e) {
        throw new CertificateException(e.getMessage(), e);
      }
    }
    return certificates;
  }
}
