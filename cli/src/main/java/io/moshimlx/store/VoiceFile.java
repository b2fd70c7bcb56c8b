package io.moshimlx.store;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import io.moshimlx.UserException;
import io.moshimlx.Variables;
import io.moshimlx.hub.Revision;
import io.moshimlx.hub.TypedName;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The user's own voices, {@code voices.json} in the folder for what is configured:
 *
 * <pre>{@code
 * {
 *   "work": {"model": "kyutai/moshika-mlx-q8"},
 *   "captain": {"prompt": "captain.wav", "persona": "You command a ship."}
 * }
 * }</pre>
 *
 * <p>Paths in it start from its folder. Every fault names the file, the voice and the remedy.
 */
final class VoiceFile {
  private static final List<String> KEYS = List.of("model", "prompt", "persona");

  /** Such names are as well names of files, and need no quotes in a shell. */
  private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N}._-]*");

  private final Variables variables;
  private final Path file;

  VoiceFile(Variables variables) {
    this.variables = variables;
    file = variables.configFolder().resolve("voices.json");
  }

  Path path() {
    return file;
  }

  /** The voices, in the order of the file; none where there is no file. */
  List<Voice> read() {
    String text;
    try {
      text = Files.readString(file);
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (CharacterCodingException e) {
      throw new UserException(file + " is not UTF-8 text", "save it as that", e);
    } catch (IOException e) {
      throw UserException.cannotRead(file, e, "it holds your own voices; mend it or remove it");
    }
    try {
      return voices(text);
    } catch (MalformedJsonException | EOFException e) {
      String where = e.getMessage().lines().findFirst().orElseThrow();
      throw new UserException(
          "%s is not valid JSON: %s".formatted(file, where), "mend it there", e);
    } catch (IOException e) {
      throw new IllegalStateException("a text cannot fail to be read", e);
    }
  }

  private List<Voice> voices(String text) throws IOException {
    JsonReader reader = new JsonReader(new StringReader(text));
    reader.setStrictness(Strictness.STRICT);
    if (reader.peek() != JsonToken.BEGIN_OBJECT) {
      throw new UserException(
          file + " holds no object", "write it as {\"NAME\": {\"model\": \"MODEL\"}}");
    }
    List<Voice> voices = new ArrayList<>();
    reader.beginObject();
    while (reader.hasNext()) {
      String name = reader.nextName();
      checkName(name, voices);
      voices.add(voice(name, values(name, reader)));
    }
    reader.endObject();
    if (reader.peek() != JsonToken.END_DOCUMENT) {
      throw new MalformedJsonException("more after the object's end");
    }
    return voices;
  }

  private void checkName(String name, List<Voice> before) {
    if (!NAME.matcher(name).matches()) {
      throw fault(name, "a name has letters, digits, '.', '_' and '-'", "rename it");
    }
    if (VoiceBook.isBuiltIn(name)) {
      throw fault(name, "a voice that is built in has this name", "rename yours");
    }
    if (before.stream().anyMatch(voice -> voice.name().equals(name))) {
      throw fault(name, "it is there twice", "remove or rename one");
    }
  }

  private Map<String, String> values(String name, JsonReader reader) throws IOException {
    if (reader.peek() != JsonToken.BEGIN_OBJECT) {
      throw fault(name, "it is no object", "write it as {\"model\": \"MODEL\"}");
    }
    Map<String, String> values = new HashMap<>();
    reader.beginObject();
    while (reader.hasNext()) {
      String key = reader.nextName();
      if (!KEYS.contains(key)) {
        throw fault(
            name, "'%s' is no key of a voice".formatted(key), "use " + String.join(", ", KEYS));
      }
      if (reader.peek() != JsonToken.STRING) {
        throw fault(name, key + " is no text", "put it in double quotes");
      }
      String value = reader.nextString().strip();
      if (value.isEmpty() || value.indexOf('\0') >= 0) {
        throw fault(name, key + " is empty", "fill it in or leave it out");
      }
      if (values.put(key, value) != null) {
        throw fault(name, key + " is there twice", "remove one");
      }
    }
    reader.endObject();
    return values;
  }

  private Voice voice(String name, Map<String, String> values) {
    Optional<String> model = Optional.ofNullable(values.get("model")).map(m -> model(name, m));
    Optional<String> prompt = Optional.ofNullable(values.get("prompt")).map(p -> prompt(name, p));
    Optional<String> persona = Optional.ofNullable(values.get("persona"));
    Voice voice = new Voice(name, "own", model, prompt, persona, true);
    if (model.isEmpty() && !voice.isPrompted()) {
      throw fault(name, "it has neither model nor prompt", "give it one");
    }
    if (voice.isPrompted() && !Voice.takesPrompts(voice.model())) {
      throw fault(
          name,
          "only PersonaPlex takes a prompt or persona, not " + voice.model(),
          "leave them or the model out");
    }
    return voice;
  }

  private String model(String name, String typed) {
    Path folder = inFolder(typed);
    if (typed.matches("[/~.].*") || (typed.contains("/") && Files.isDirectory(folder))) {
      return folder.toString();
    }
    String model = plain(name, typed);
    Optional<Revision> revision = Revision.parse(model);
    if (model.equals(Catalogue.DEMO)
        || (revision.isEmpty() && Catalogue.family(model).isPresent())) {
      return model;
    }
    if (Files.isDirectory(folder)) {
      return folder.toString();
    }
    return revision
        .map(Revision::toString)
        .orElseThrow(() ->
            fault(name, model + " is no model, repository (org/name) or folder", nearest(model)));
  }

  private String plain(String name, String typed) {
    try {
      return TypedName.plain(typed, variables);
    } catch (UserException e) {
      throw fault(name, e.what(), e.remedy());
    }
  }

  private static String nearest(String model) {
    List<KnownModel> nearest = Catalogue.nearest(model);
    return nearest.isEmpty()
        ? "'moshi-mlx models' lists those known"
        : nearest.stream()
            .map(KnownModel::name)
            .collect(Collectors.joining(", ", "did you mean ", "?"));
  }

  private String prompt(String name, String prompt) {
    if (VoiceBook.isStored(prompt)) {
      return prompt;
    }
    if (!VoiceBook.isPromptFile(prompt)) {
      throw fault(
          name,
          "the prompt %s is no voice of PersonaPlex".formatted(prompt),
          "name one, such as NATF2, a recording or a file *.pt");
    }
    return inFolder(prompt).toString();
  }

  private Path inFolder(String path) {
    return file.resolveSibling(variables.inHome(path)).toAbsolutePath().normalize();
  }

  private UserException fault(String name, String what, String remedy) {
    return new UserException("%s: voice '%s': %s".formatted(file, name, what), remedy);
  }
}
