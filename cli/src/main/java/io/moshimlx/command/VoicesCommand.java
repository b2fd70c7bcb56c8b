package io.moshimlx.command;

import io.moshimlx.Variables;
import io.moshimlx.store.ModelLocator;
import io.moshimlx.store.ModelStore;
import io.moshimlx.store.Voice;
import io.moshimlx.store.VoiceBook;
import java.util.ArrayList;
import java.util.List;
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

  /** What {@code --json} prints. */
  private record Output(List<Entry> voices) {}

  /** A voice of it; prompt and persona are null if it has none. */
  private record Entry(
      String name,
      String kind,
      boolean own,
      String model,
      String prompt,
      String persona,
      boolean here) {

    static Entry of(Voice voice, boolean here) {
      return new Entry(
          voice.name(),
          voice.kind(),
          voice.own(),
          voice.model(),
          voice.prompt().orElse(null),
          voice.persona().orElse(null),
          here);
    }
  }

  @Override
  public void run() {
    Given given = new Given(spec);
    if (given.typed("--quiet") && given.typed("--json")) {
      throw new ParameterException(spec.commandLine(), "--quiet and --json exclude each other");
    }
    ModelLocator locator = new ModelLocator(new ModelStore(parent.environment()));
    List<Voice> voices =
        VoiceBook.of(new Variables(parent.environment())).all().stream()
            .filter(voice -> !here || locator.isPresent(voice))
            .toList();
    boolean asJson = json && !given.typed("--quiet");
    parent
        .terminal()
        .print(asJson ? asJson(voices, locator) : quiet ? names(voices) : asText(voices, locator));
  }

  private static String names(List<Voice> voices) {
    StringBuilder names = new StringBuilder();
    voices.forEach(voice -> names.append(voice.name()).append('\n'));
    return names.toString();
  }

  private static String asJson(List<Voice> voices, ModelLocator locator) {
    return Json.text(
        new Output(
            voices.stream().map(voice -> Entry.of(voice, locator.isPresent(voice))).toList()));
  }

  private static String asText(List<Voice> voices, ModelLocator locator) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("NAME", "KIND", "MODEL", "DOWNLOADED"));
    for (Voice voice : voices) {
      rows.add(
          List.of(
              voice.name(), voice.kind(), voice.model(), locator.isPresent(voice) ? "yes" : "no"));
    }
    return Table.of(rows);
  }
}
