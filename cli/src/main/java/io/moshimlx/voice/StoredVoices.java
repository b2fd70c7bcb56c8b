package io.moshimlx.voice;

import io.moshimlx.StandIn;
import io.moshimlx.UserException;
import io.moshimlx.checkpoint.LmConfig;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.checkpoint.ModelNames;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * The stored voices that come with PersonaPlex: an archive ({@code voices.tgz}), the folder that it
 * is unpacked to ({@code voices}), or both. What the folder has comes first.
 *
 * <p>The archive is read where it lies and never unpacked, so that no name in it can lead anywhere.
 * The one voice that is wanted goes through a temporary file with a name of our own.
 *
 * @param folder of {@code *.pt} files
 */
public record StoredVoices(Optional<Path> archive, Optional<Path> folder) {
  private static final StoredVoices NONE = new StoredVoices(Optional.empty(), Optional.empty());

  public static final String FOLDER = "voices";

  private static final Pattern VOICE = Pattern.compile("(?:[^/]*/)*(?<name>\\w+)\\.pt");
  private static final int LARGEST_VOICE = 1 << 28;

  /** Those of a model; none if it takes no prompts. */
  public static StoredVoices of(ModelFiles files) {
    return files.config().takesPrompts() ? in(files.directory()) : NONE;
  }

  private static StoredVoices in(Path directory) {
    return new StoredVoices(
        Optional.of(directory.resolve(ModelNames.VOICES)).filter(Files::exists),
        Optional.of(directory.resolve(FOLDER)).filter(voices -> !files(voices).isEmpty()));
  }

  /** Whether there is any. */
  public boolean isEmpty() {
    return archive.isEmpty() && folder.isEmpty();
  }

  /**
   * The voice to speak with where none is chosen.
   *
   * @param wanted the publisher's choice
   * @return that, or the first one of a folder that lacks it; empty where there is none
   */
  public Optional<String> usual(String wanted) {
    List<String> unpacked =
        folder.map(StoredVoices::files).orElse(List.of()).stream().map(StoredVoices::name).toList();
    return archive.isPresent() || unpacked.contains(wanted)
        ? Optional.of(wanted)
        : unpacked.stream().findFirst();
  }

  /**
   * Reads a voice.
   *
   * @param name as {@code NATF2}; capitals do not matter
   * @param config of the model that is to speak with it
   * @throws UserException naming the voices that there are, if that is none; or if a file cannot be
   *     used
   */
  public StoredVoice voice(String name, LmConfig config) {
    TreeSet<String> names = new TreeSet<>();
    for (Path file : folder.map(StoredVoices::files).orElse(List.of())) {
      if (name(file).equalsIgnoreCase(name)) {
        return StoredVoice.read(file, config);
      }
      names.add(name(file));
    }
    return archive
        .flatMap(file -> archived(file, name, config, names))
        .orElseThrow(() ->
            new UserException(
                "there is no voice '%s'".formatted(name),
                "the model has %s, and any recording can be one"
                    .formatted(names.isEmpty() ? "none" : String.join(", ", names))));
  }

  private static Optional<StoredVoice> archived(
      Path file, String name, LmConfig config, TreeSet<String> names) {
    StandIn.refuse(file);
    try (InputStream bytes = new BufferedInputStream(Files.newInputStream(file));
        InputStream unpacked = new GZIPInputStream(bytes)) {
      TarReader tar = new TarReader(unpacked);
      for (Optional<TarReader.Entry> next = tar.next(); next.isPresent(); next = tar.next()) {
        TarReader.Entry entry = next.orElseThrow();
        Matcher voice = VOICE.matcher(entry.name());
        if (!entry.isFile() || !voice.matches()) {
          continue;
        }
        if (voice.group("name").equalsIgnoreCase(name)) {
          if (entry.size() > LARGEST_VOICE) {
            throw new IOException(entry.name() + " is too large for a voice");
          }
          return Optional.of(read(file + ": " + entry.name(), tar.content(), config));
        }
        names.add(voice.group("name"));
      }
      return Optional.empty();
    } catch (IOException e) {
      String why = e instanceof EOFException ? "its end is missing" : e.getMessage();
      throw new UserException(
          "%s cannot be read, or is damaged: %s".formatted(file, why),
          "download the model again",
          e);
    }
  }

  /** Reads a voice out of the archive, by way of a file: the JDK reads no such zip in memory. */
  private static StoredVoice read(String name, byte[] content, LmConfig config) {
    Path folder = Path.of(System.getProperty("java.io.tmpdir"));
    try {
      Path file = Files.createTempFile(folder, "moshi-mlx-voice", ".pt");
      try {
        Files.write(file, content);
        return StoredVoice.read(name, file, config);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw UserException.cannotWrite(folder.resolve("moshi-mlx-voice.pt"), e, "make room there");
    }
  }

  /** The voices in a folder, in the order of their names. */
  public static List<Path> files(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> VOICE.matcher(file.getFileName().toString()).matches())
          .filter(Files::isRegularFile)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw UserException.cannotRead(folder, e, "check its permissions");
    }
  }

  private static String name(Path file) {
    String name = file.getFileName().toString();
    return name.substring(0, name.lastIndexOf('.'));
  }
}
