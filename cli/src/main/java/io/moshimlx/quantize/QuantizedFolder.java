package io.moshimlx.quantize;

import io.moshimlx.JsonConfig;
import io.moshimlx.UserException;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.checkpoint.ModelNames;
import io.moshimlx.checkpoint.Quantization;
import io.moshimlx.voice.StoredVoices;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A model's folder made from another: its weights are written anew, its configuration names them,
 * and all else is the same files.
 *
 * <p>It is put together in a hidden folder beside its destination and takes its name when it is
 * complete.
 */
public final class QuantizedFolder {
  private final ModelFiles source;
  private final Path sourceFolder;
  private final Path destination;
  private final String remedy;
  private final Path weights;

  /** Writes the weights to a file and says whether it did: false ends the making. */
  @FunctionalInterface
  public interface WeightsWriter {
    boolean write(Path file) throws IOException;
  }

  /**
   * A folder to be made.
   *
   * @param sourceFolder where {@code source} lies
   * @param remedy what to do where it cannot be written
   * @throws UserException if the destination holds anything
   */
  public QuantizedFolder(
      ModelFiles source, Path sourceFolder, Path destination, Quantization target, String remedy) {
    this.source = source;
    this.sourceFolder = sourceFolder;
    this.remedy = remedy;
    this.destination = destination.toAbsolutePath().normalize();
    String name = source.weights().getFileName().toString();
    String stem = name.substring(0, name.length() - source.quantization().suffix().length());
    weights = this.destination.resolve(stem + target.suffix());
    requireEmpty();
  }

  /** The quantised weights, once the folder is there. */
  public Path weights() {
    return weights;
  }

  /**
   * Makes the folder.
   *
   * @return whether it was made; false if its weights were not
   * @throws UserException if it cannot be written there
   */
  public boolean make(WeightsWriter writer) {
    Path stage =
        destination.resolveSibling(
            ".%s.%d.part".formatted(destination.getFileName(), ProcessHandle.current().pid()));
    try {
      Files.createDirectory(stage);
      if (!writer.write(stage.resolve(weights.getFileName()))) {
        return false;
      }
      for (Path file : otherFiles()) {
        link(file.toRealPath(), stage.resolve(file.getFileName()));
      }
      Optional<Path> unpacked = StoredVoices.of(source).folder();
      if (unpacked.isPresent()) {
        Path voices = Files.createDirectory(stage.resolve(StoredVoices.FOLDER));
        for (Path file : StoredVoices.files(unpacked.orElseThrow())) {
          link(file.toRealPath(), voices.resolve(file.getFileName()));
        }
      }
      Path config = sourceFolder.resolve(ModelNames.CONFIG);
      if (Files.exists(config)) {
        Files.writeString(
            stage.resolve(ModelNames.CONFIG),
            JsonConfig.read(config).textWith("moshi_name", weights.getFileName().toString()));
      }
      Files.move(stage, destination, StandardCopyOption.ATOMIC_MOVE);
      return true;
    } catch (IOException e) {
      throw UserException.cannotWrite(destination, e, remedy);
    } finally {
      delete(stage);
    }
  }

  private void requireEmpty() {
    try {
      if (Files.notExists(destination)) {
        return;
      }
      if (!Files.isDirectory(destination)) {
        throw new FileSystemException(
            destination.toString(), null, "it is a file whose name does not end in .safetensors");
      }
      try (Stream<Path> files = Files.list(destination)) {
        if (files.findAny().isPresent()) {
          throw new UserException(
              destination + " is not empty", "name a folder that does not exist yet");
        }
      }
    } catch (IOException e) {
      throw UserException.cannotWrite(destination, e, remedy);
    }
  }

  /** All but the configuration and language models: codec, tokenizer, licence and the like. */
  private List<Path> otherFiles() throws IOException {
    List<Path> needed =
        Stream.of(Optional.of(source.mimi()), source.mimiConfig(), Optional.of(source.tokenizer()))
            .flatMap(Optional::stream)
            .toList();
    try (Stream<Path> files = Files.list(sourceFolder)) {
      return Stream.concat(
              needed.stream(), files.filter(Files::isRegularFile).filter(QuantizedFolder::isOther))
          .distinct()
          .toList();
    }
  }

  private static boolean isOther(Path file) {
    String name = file.getFileName().toString();
    return !name.equals(ModelNames.CONFIG)
        && !name.startsWith(".")
        && !name.endsWith(".safetensors");
  }

  /** A second name of the same file where the file system has that, for codecs are large. */
  private static void link(Path file, Path name) throws IOException {
    try {
      Files.createLink(name, file);
    } catch (IOException | UnsupportedOperationException e) {
      Files.copy(file, name, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static void delete(Path stage) {
    if (Files.notExists(stage)) {
      return;
    }
    try (Stream<Path> files = Files.walk(stage)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      // Why it could not be made is being reported.
    }
  }
}
