package io.moshimlx.doctor;

import io.moshimlx.ByteCount;
import io.moshimlx.Disk;
import io.moshimlx.hub.HubSettings;
import io.moshimlx.hub.TokenCheck;
import io.moshimlx.store.Catalogue;
import io.moshimlx.store.KnownModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Checks downloads of models and their place. No finding here is a problem for downloaded models.
 */
final class HubChecks {
  /** The smallest download of Moshi 7B: weights, codec, tokenizer. */
  private static final long DOWNLOAD_BYTES =
      Catalogue.find("moshiko-q4").orElseThrow().downloadBytes();

  private static final String MOVE = "set HF_HUB_CACHE to a folder of yours, or repair this one";

  private HubChecks() {}

  /** The cache of models: whether it can be written, and its size. */
  static Finding cache(HubSettings settings) {
    Path cache = settings.cache();
    Path there = Disk.existing(cache);
    if (!Files.isDirectory(there)) {
      return Finding.warning("cache", there + " is not a folder, so no model can be stored", MOVE);
    }
    if (!Files.isWritable(there)) {
      return Finding.warning(
          "cache", there + " cannot be written, so no model can be stored", MOVE);
    }
    if (!there.equals(cache.toAbsolutePath())) {
      return Finding.ok("cache", cache + ", created with the first download");
    }
    try {
      return Finding.ok(
          "cache", "%s, writable, %s in it".formatted(cache, ByteCount.of(bytes(cache))));
    } catch (IOException | UncheckedIOException e) {
      return Finding.warning("cache", cache + " cannot be read: " + e.getMessage(), MOVE);
    }
  }

  /** The size of the files in a folder; links lead to files that are counted at their own place. */
  private static long bytes(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
          .mapToLong(file -> file.toFile().length())
          .sum();
    }
  }

  /** The free space for models. */
  static Finding disk(HubSettings settings) {
    return disk(settings.cache(), Disk.free(settings.cache()));
  }

  static Finding disk(Path folder, OptionalLong free) {
    if (free.isEmpty()) {
      return Finding.ok("disk", "the system does not report the free space for " + folder);
    }
    String text = "%s free for %s".formatted(ByteCount.of(free.getAsLong()), folder);
    return free.getAsLong() >= DOWNLOAD_BYTES
        ? Finding.ok("disk", text)
        : Finding.warning(
            "disk",
            text,
            "make room, or move the cache with HF_HUB_CACHE: the files of Moshi 7B in q4 take "
                + ByteCount.of(DOWNLOAD_BYTES));
  }

  /** The token for gated repositories; only its source is printed, never the token. */
  static Finding token(HubSettings settings) {
    String gated =
        Catalogue.all().stream()
            .filter(KnownModel::gated)
            .map(KnownModel::family)
            .distinct()
            .collect(Collectors.joining(", "));
    Optional<String> source = settings.tokenSource();
    if (source.isEmpty()) {
      return Finding.ok(
          "token",
          "none; only gated models (%s) need one, in HF_TOKEN or %s"
              .formatted(gated, settings.tokenFile()));
    }
    String text = "from %s; only gated models (%s) need it".formatted(source.orElseThrow(), gated);
    TokenCheck check = settings.checkToken().orElseThrow();
    return switch (check.standing()) {
      case VALID -> Finding.ok("token", text + "; the hub accepts it");
      case UNKNOWN ->
          Finding.ok(
              "token",
              "%s; whether it is valid is not known: %s"
                  .formatted(text, check.reason().orElseThrow()));
      case INVALID ->
          Finding.warning(
              "token",
              text + "; the hub does not accept it",
              "make a new one at %s, or remove it".formatted(settings.tokenPage()));
      case NOT_FOR_GATED ->
          Finding.warning(
              "token",
              text + "; it is fine-grained and lacks the right",
              "give it '%s' at %s".formatted(TokenCheck.RIGHT_TO_GATED, settings.tokenPage()));
    };
  }
}
