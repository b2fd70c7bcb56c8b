package io.moshimlx.model;

import io.moshimlx.UserException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * The archive of stored voices that comes with PersonaPlex ({@code voices.tgz}).
 *
 * <p>It is read where it lies and never unpacked, so that no name in it can lead anywhere.
 */
public final class VoiceArchive {
  private static final Pattern VOICE = Pattern.compile("(?:[^/]*/)*(?<name>\\w+)\\.pt");
  private static final int LARGEST_VOICE = 1 << 28;

  private final Path file;

  public VoiceArchive(Path file) {
    this.file = file;
  }

  /**
   * Reads a voice.
   *
   * @param name as {@code NATF2}; capitals do not matter
   * @param config of the model that is to speak with it
   * @throws UserException naming the voices that there are, if that is none; or if the archive or
   *     the voice cannot be used
   */
  public StoredVoice voice(String name, LmConfig config) {
    List<String> names = new ArrayList<>();
    try (InputStream bytes = new BufferedInputStream(Files.newInputStream(file));
        TarArchiveInputStream tar = new TarArchiveInputStream(new GZIPInputStream(bytes))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Matcher voice = VOICE.matcher(entry.getName());
        if (!entry.isFile() || !voice.matches()) {
          continue;
        }
        if (voice.group("name").equalsIgnoreCase(name)) {
          return StoredVoice.read(file + ": " + entry.getName(), content(tar, entry), config);
        }
        names.add(voice.group("name"));
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new UserException(
          "%s cannot be read, or is damaged: %s; fetch the model again"
              .formatted(file, e.getMessage()),
          e);
    }
    Collections.sort(names);
    throw new UserException(
        "there is no voice '%s'; the model has %s, and any recording can be one"
            .formatted(name, names.isEmpty() ? "none" : String.join(", ", names)));
  }

  private static byte[] content(InputStream tar, TarArchiveEntry entry) throws IOException {
    if (entry.getSize() > LARGEST_VOICE) {
      throw new IOException(entry.getName() + " is too large for a voice");
    }
    return tar.readNBytes((int) entry.getSize());
  }
}
