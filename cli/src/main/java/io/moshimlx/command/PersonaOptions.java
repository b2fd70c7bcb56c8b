package io.moshimlx.command;

import io.moshimlx.UserException;
import io.moshimlx.audio.AudioNotices;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.dialogue.Prompt;
import io.moshimlx.dialogue.VoicePrompt;
import io.moshimlx.store.Voice;
import io.moshimlx.voice.StoredVoices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Who a model is to be that takes a voice and a role as prompts, as PersonaPlex. */
final class PersonaOptions {
  private static final long LARGEST_PERSONA = 1 << 16;

  /** The publisher's own usual choices. */
  private static final String USUAL_VOICE = "NATF0";

  private static final String USUAL_PERSONA =
      "You are a wise and friendly teacher. Answer questions or provide advice in a clear and "
          + "engaging way.";

  @Option(
      names = "--persona",
      paramLabel = "TEXT",
      description =
          "Who PersonaPlex is and what it knows, in plain English sentences (default: a wise and "
              + "friendly teacher).")
  private String persona;

  @Option(
      names = "--persona-file",
      paramLabel = "FILE",
      description = "The same, from a text file.")
  private Path personaFile;

  /** What is wrong with the values, each as a sentence without its end. */
  List<String> faults() {
    List<String> faults = new ArrayList<>();
    if (persona != null && personaFile != null) {
      faults.add("--persona and --persona-file exclude each other");
    }
    if (persona != null && persona.isBlank()) {
      faults.add("--persona is empty: say who the model is to be, or leave it out");
    }
    return faults;
  }

  /**
   * What the model is to be told.
   *
   * @param voice the one chosen; what is typed as its role goes before its own
   * @param notices told of what the recording of a voice lacks
   * @return empty for a model that takes no prompts
   * @throws UserException if the voice or the role cannot be used, or not with this model
   */
  Optional<Prompt> prompt(
      ModelFiles files, Optional<Voice> voice, Given given, AudioNotices notices) {
    if (files.config().takesPrompts()) {
      return Optional.of(
          new Prompt(
              voice
                  .flatMap(Voice::prompt)
                  .or(() -> StoredVoices.of(files).usual(USUAL_VOICE))
                  .map(reference -> VoicePrompt.of(reference, files, notices)),
              persona().or(() -> voice.flatMap(Voice::persona)).orElse(USUAL_PERSONA)));
    }
    Stream.of("--persona", "--persona-file", "--voice")
        .filter(option ->
            option.equals("--voice")
                ? voice.filter(Voice::isPrompted).isPresent()
                : given.typed(option))
        .findFirst()
        .ifPresent(option -> {
          throw new UserException(
              "%s is for models that take a voice and a role, as PersonaPlex, which %s does not"
                  .formatted(option, files.weights()),
              "choose one with --model personaplex");
        });
    return Optional.empty();
  }

  /** The folder of a model that is to speak with a voice that nobody chose, if it is one. */
  static Optional<Path> voiceless(ModelFiles files, Optional<Voice> voice) {
    return Optional.of(files)
        .filter(model -> model.config().takesPrompts() && StoredVoices.of(model).isEmpty())
        .filter(_ -> voice.flatMap(Voice::prompt).isEmpty())
        .map(model -> model.weights().toAbsolutePath().getParent());
  }

  private Optional<String> persona() {
    if (personaFile == null) {
      return Optional.ofNullable(persona);
    }
    try {
      if (Files.size(personaFile) > LARGEST_PERSONA) {
        throw new UserException(personaFile + " is too large for a persona", "give some sentences");
      }
      String text = Files.readString(personaFile);
      if (text.isBlank()) {
        throw new UserException(personaFile + " is empty", "say in it who the model is to be");
      }
      return Optional.of(text);
    } catch (IOException e) {
      throw UserException.cannotRead(personaFile, e, "give a text file in UTF-8");
    }
  }
}
