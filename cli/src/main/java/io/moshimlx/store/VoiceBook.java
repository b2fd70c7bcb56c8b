package io.moshimlx.store;

import io.moshimlx.Nearest;
import io.moshimlx.UserException;
import io.moshimlx.Variables;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The voices by their names: the user's own, and those that the models bring. */
public final class VoiceBook {
  private static final int NATURAL = 4;
  private static final int VARIED = 5;
  private static final List<Voice> BUILT_IN = builtIn();

  private final Variables variables;
  private final Path ownFile;
  private final List<Voice> voices = new ArrayList<>();

  private VoiceBook(Variables variables) {
    this.variables = variables;
    VoiceFile own = new VoiceFile(variables);
    ownFile = own.path();
    voices.addAll(own.read());
    voices.addAll(BUILT_IN);
  }

  /**
   * The voices of a user.
   *
   * @throws UserException if the file of their own voices cannot be understood
   */
  public static VoiceBook of(Variables variables) {
    return new VoiceBook(variables);
  }

  private static List<Voice> builtIn() {
    List<Voice> voices = new ArrayList<>();
    voices.add(Voice.of("moshiko", "male"));
    voices.add(Voice.of("moshika", "female"));
    stored(voices, "NATF", NATURAL, "female, natural");
    stored(voices, "NATM", NATURAL, "male, natural");
    stored(voices, "VARF", VARIED, "female, varied");
    stored(voices, "VARM", VARIED, "male, varied");
    voices.add(Voice.of(Catalogue.DEMO, "a toy that is built in"));
    return List.copyOf(voices);
  }

  /** The prompts that PersonaPlex brings. */
  private static void stored(List<Voice> voices, String name, int count, String kind) {
    for (int i = 0; i < count; i++) {
      voices.add(Voice.prompt(name + i, kind, name + i));
    }
  }

  /** All of them, in the order to show them in: the user's own first. */
  public List<Voice> all() {
    return List.copyOf(voices);
  }

  /**
   * The voice of that name, or that in a file.
   *
   * @throws UserException if there is none
   */
  public Voice find(String name) {
    Voice voice =
        voices.stream()
            .filter(known -> known.name().equals(name))
            .findFirst()
            .orElseGet(() -> inFile(name));
    voice
        .prompt()
        .filter(prompt -> !isStored(prompt) && !Files.isRegularFile(Path.of(prompt)))
        .ifPresent(prompt -> {
          throw new UserException(
              "there is no file %s, which is the prompt of voice %s".formatted(prompt, name),
              voice.own() ? "mend " + ownFile : "give the path of one");
        });
    return voice;
  }

  private Voice inFile(String name) {
    if (!isPromptFile(name)) {
      throw unknown(name);
    }
    Path file = variables.inHome(name).toAbsolutePath().normalize();
    return Voice.prompt(name, "prompt", file.toString());
  }

  private UserException unknown(String name) {
    String nearest =
        Nearest.to(name, voices, voice -> List.of(voice.name())).stream()
            .map(Voice::name)
            .collect(Collectors.joining(", "));
    return new UserException(
        "there is no voice '%s'".formatted(name),
        "%s'moshi-mlx voices' lists them"
            .formatted(nearest.isEmpty() ? "" : "did you mean " + nearest + "? "));
  }

  /** Whether a voice of that name is there without the user's doing. */
  static boolean isBuiltIn(String name) {
    return BUILT_IN.stream().anyMatch(voice -> voice.name().equals(name));
  }

  /** Whether that is the name of a prompt that PersonaPlex brings. */
  static boolean isStored(String prompt) {
    return BUILT_IN.stream().anyMatch(voice -> voice.prompt().equals(Optional.of(prompt)));
  }

  /** Whether that is the name of a file with a prompt: stored voices have no such names. */
  static boolean isPromptFile(String name) {
    return name.contains("/") || name.matches(".*\\.\\w{2,5}");
  }
}
