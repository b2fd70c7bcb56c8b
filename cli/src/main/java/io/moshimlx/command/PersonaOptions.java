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

/** Voice and role of a model that takes them as prompts, such as PersonaPlex. */
final class PersonaOptions {
  private static final long LARGEST_PERSONA = 1 << 16;

  /** The defaults of the publisher's own program. */
  private static final String USUAL_VOICE = "NATF0";

  private static final String USUAL_PERSONA =
      "You are a wise and friendly teacher. Answer questions or provide advice in a clear and "
          + "engaging way.";

  @Option(
      names = "--persona",
      paramLabel = "TEXT",
      description = {
        "Role of PersonaPlex, as text.",
        "Who it is and what it knows, in a few plain English sentences. The default is a wise and "
            + "friendly teacher."
      })
  private String persona;

  @Option(
      names = "--persona-file",
      paramLabel = "FILE",
      description = "Role of PersonaPlex, from a text file.")
  private Path personaFile;

  /** Faults of the values, each a sentence without full stop. */
  List<String> faults() {
    List<String> faults = new ArrayList<>();
    if (persona != null && personaFile != null) {
      faults.add("--persona and --persona-file exclude each other");
    }
    if (persona != null && persona.isBlank()) {
      faults.add("--persona is empty; describe the role, or leave it out");
    }
    return faults;
  }

  /**
   * The prompt of the model.
   *
   * @param voice the chosen one; a typed role takes precedence over its own
   * @param notices warned if the recording of a voice is incomplete
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
              "%s is for models that take a voice and a role, such as PersonaPlex; %s does not"
                  .formatted(option, files.weights()),
              "use --model personaplex, or leave it out");
        });
    return Optional.empty();
  }

  /** The folder of a model that needs a voice as a prompt, where none is chosen or stored. */
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
        throw new UserException(
            personaFile + " is too large for a persona", "shorten it to a few sentences");
      }
      String text = Files.readString(personaFile);
      if (text.isBlank()) {
        throw new UserException(personaFile + " is empty", "describe the role in it");
      }
      return Optional.of(text);
    } catch (IOException e) {
      throw UserException.cannotRead(personaFile, e, "give a text file in UTF-8");
    }
  }
}
