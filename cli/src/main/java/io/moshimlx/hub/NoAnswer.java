package io.moshimlx.hub;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A host that was asked for something gave no answer. */
final class NoAnswer extends IOException {
  private final transient URI uri;
  private final transient IOException failure;

  NoAnswer(URI uri, IOException failure) {
    super(failure.getMessage(), failure);
    this.uri = uri;
    this.failure = failure;
  }

  /** What was asked for, which a redirect may have led to. */
  URI uri() {
    return uri;
  }

  String why() {
    return Refusals.why(failure);
  }

  /** Whether another attempt would end the same way. */
  boolean isFinal() {
    return failure instanceof ConnectException || certificate().isPresent();
  }

  /** A certificate that was refused: what is wrong with it, and what to do about it. */
  record Certificate(String what, String remedy) {}

  /** What is wrong with the host's certificate, if that was it. */
  Optional<Certificate> certificate() {
    List<Throwable> causes = new ArrayList<>();
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      causes.add(cause);
    }
    if (isAmong(causes, CertificateExpiredException.class)
        || isAmong(causes, CertificateNotYetValidException.class)) {
      return Optional.of(
          new Certificate(
              "the certificate that it shows is not valid today", "check this machine's clock"));
    }
    if (isAmong(causes, CertPathBuilderException.class)
        || isAmong(causes, CertPathValidatorException.class)) {
      return Optional.of(
          new Certificate(
              "it shows a certificate that is not trusted: your network may open secure connections",
              "put its certificate into SSL_CERT_FILE"));
    }
    return Optional.of(
            new Certificate(
                "it shows the certificate of another host (%s)".formatted(failure.getMessage()),
                "check the network and HF_ENDPOINT"))
        .filter(_ -> isAmong(causes, CertificateException.class));
  }

  private static boolean isAmong(List<Throwable> causes, Class<?> kind) {
    return causes.stream().anyMatch(kind::isInstance);
  }
}
