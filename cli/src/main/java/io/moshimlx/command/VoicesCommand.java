package io.moshimlx.command;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.moshimlx.Variables;
import io.moshimlx.store.Catalogue;
import io.moshimlx.store.Voice;
import io.moshimlx.store.VoiceBook;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code moshi-mlx voices}: the names that {@code --voice} takes. */
@Command(
    name = "voices",
    customSynopsis = "moshi-mlx voices [--here] [-q|--json]",
    header = "List voices.",
    description = {
      "Prints the names that 'run --voice' takes, your own first. Your own voices are in "
          + "~/.config/moshi-mlx/voices.json. Each names a model, a prompt of PersonaPlex, or "
          + "both; "
          + "see docs/voices.md:",
      "  {\"work\": {\"model\": \"kyutai/moshika-mlx-q8\"},",
      "   \"captain\": {\"prompt\": \"captain.wav\", \"persona\": \"You command a ship.\"}}"
    },
    footer = {"  moshi-mlx voices", "  for voice in $(moshi-mlx voices -q --here); do ...; done"})
final class VoicesCommand implements Runnable {
  @ParentCommand private MoshiMlx parent;
  @Spec private CommandSpec spec;

  @Option(
      names = "--here",
      fallbackValue = "true",
      description = "Only voices that need no download.")
  private boolean here;

  @Option(
      names = {"-q", "--quiet"},
      fallbackValue = "true",
      description = "Print names only, one a line.")
  private boolean quiet;

  @Option(names = "--json", fallbackValue = "true", description = "Print JSON; see docs/json.md.")
  private boolean json;

  @Override
  public void run() {
    Given given = new Given(spec);
    if (given.typed("--quiet") && given.typed("--json")) {
      throw new ParameterException(spec.commandLine(), "--quiet and --json exclude each other");
    }
    ModelStore store = new ModelStore(parent.terminal(), parent.environment());
    List<Voice> voices =
        VoiceBook.of(new Variables(parent.environment())).all().stream()
            .filter(voice -> !here || isHere(voice, store))
            .toList();
    boolean asJson = json && !given.typed("--quiet");
    parent
        .terminal()
        .print(asJson ? asJson(voices, store) : quiet ? names(voices) : asText(voices, store));
  }

  private static boolean isHere(Voice voice, ModelStore store) {
    String model = voice.model();
    if (model.equals(Catalogue.DEMO)) {
      return ModelOptions.hasDemo();
    }
    return Path.of(model).isAbsolute()
        ? Files.isDirectory(Path.of(model))
        : HubModel.of(model, Optional.empty())
            .filter(known -> store.folder(known).isPresent() || store.copy(known).isPresent())
            .isPresent();
  }

  private static String names(List<Voice> voices) {
    StringBuilder names = new StringBuilder();
    voices.forEach(voice -> names.append(voice.name()).append('\n'));
    return names.toString();
  }

  private static String asJson(List<Voice> voices, ModelStore store) {
    JsonArray list = new JsonArray();
    for (Voice voice : voices) {
      JsonObject entry = new JsonObject();
      entry.addProperty("name", voice.name());
      entry.addProperty("kind", voice.kind());
      entry.addProperty("own", voice.own());
      entry.addProperty("model", voice.model());
      voice.prompt().ifPresent(prompt -> entry.addProperty("prompt", prompt));
      voice.persona().ifPresent(persona -> entry.addProperty("persona", persona));
      entry.addProperty("here", isHere(voice, store));
      list.add(entry);
    }
    JsonObject all = new JsonObject();
    all.add("voices", list);
    return Json.text(all);
  }

  private static String asText(List<Voice> voices, ModelStore store) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("NAME", "KIND", "MODEL", "DOWNLOADED"));
    for (Voice voice : voices) {
      rows.add(
          List.of(voice.name(), voice.kind(), voice.model(), isHere(voice, store) ? "yes" : "no"));
    }
    return Table.of(rows);
  }
}
