package io.moshimlx.dialogue;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.moshimlx.CancelledException;
import io.moshimlx.Progress;
import io.moshimlx.audio.AudioNotices;
import io.moshimlx.checkpoint.LmConfig;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.checkpoint.Sampling;
import io.moshimlx.mimi.Mimi;
import io.moshimlx.model.Golden;
import io.moshimlx.model.Lm;
import io.moshimlx.model.LmGenerator;
import io.moshimlx.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/**
 * What the model reads while it is told a voice and a role, and what it says then, are those of
 * NVIDIA's own code (scripts/goldens/personaplex.py).
 */
final class PromptPhaseTest {
  private final Golden golden = Golden.of("personaplex");
  private final ModelFiles files = ModelFiles.find(golden.directory(), Optional.empty());
  private final LmConfig config = files.config();

  private Mimi codec() {
    return Mimi.open(files.mimi(), files.mimiConfig().orElse(null), config.voiceCodebooks());
  }

  private static Progress progress(List<Long> done, BooleanSupplier cancelled) {
    return new Progress() {
      @Override
      public void at(String what, long steps, long total) {
        done.add(steps);
      }

      @Override
      public void note(String text) {}

      @Override
      public boolean cancelled() {
        return cancelled.getAsBoolean();
      }
    };
  }

  private JsonObject expected() throws IOException {
    return JsonParser.parseString(Files.readString(golden.directory().resolve("expected.json")))
        .getAsJsonObject();
  }

  private VoicePrompt voice(String file) {
    return VoicePrompt.of(golden.directory().resolve(file).toString(), files, AudioNotices.NONE);
  }

  private List<Integer> role() throws IOException {
    return new Prompt(Optional.empty(), expected().get("role").getAsString())
        .roleTokens(Tokenizer.open(files.tokenizer()));
  }

  @Test
  void theRoleIsCutIntoUpstreamsTokens() throws IOException {
    List<Integer> tokens = new ArrayList<>();
    for (int i = 0; i < golden.shapes().get("role_tokens")[0]; i++) {
      tokens.add(golden.tokens("role_tokens", i)[0]);
    }
    assertEquals(tokens, role());
  }

  @Test
  void aRoleIsTaggedOnceAndMayHaveLineBreaks() {
    Tokenizer tokenizer = Tokenizer.open(files.tokenizer());
    List<Integer> plain = new Prompt(Optional.empty(), "you are far").roleTokens(tokenizer);
    for (String same : List.of(" you are \n far\n", "<system> you are far <system>")) {
      assertEquals(plain, new Prompt(Optional.empty(), same).roleTokens(tokenizer));
    }
  }

  @Test
  void aRecordedVoiceIsToldAsUpstreamTellsIt() throws IOException {
    checkGrid("grid", "prompted", voice("voice.wav"));
    checkTalk("", voice("voice.wav"));
  }

  @Test
  void aStoredVoiceIsToldAsUpstreamTellsIt() throws IOException {
    checkTalk("stored_", voice("voice.pt"));
    checkGrid("stored_grid", "stored_prompted", voice("voice.pt"));
  }

  /** Step by step, up to the first step after the phase, whose input the phase determines. */
  private void checkGrid(String key, String length, VoicePrompt voice) throws IOException {
    List<int[]> grid = new ArrayList<>();
    TokenStreams streams = new TokenStreams(config);
    try (Mimi codec = codec()) {
      PromptPhase phase = phase(codec, grid, streams, Optional.of(voice));
      phase.run(Progress.NONE);
    }
    assertEquals(expected().get(length).getAsInt(), grid.size());
    grid.add(streams.next(new int[config.userCodebooks()]).tokens());
    for (int step = 0; step < grid.size(); step++) {
      assertArrayEquals(golden.tokens(key, step), grid.get(step), key + ", step " + step);
    }
  }

  /** A phase that is only written down: a row of tokens for each step. */
  private PromptPhase phase(
      Mimi codec, List<int[]> grid, TokenStreams streams, Optional<VoicePrompt> voice)
      throws IOException {
    return new PromptPhase(
        codec,
        inputs -> grid.addAll(Arrays.asList(inputs)),
        embeddings -> assertTrue(embeddings.length > 0),
        streams,
        voice,
        role());
  }

  private void checkTalk(String prefix, VoicePrompt voice) throws IOException {
    try (Mimi codec = codec();
        Lm lm = Lm.load(config, files.weights(), files.quantization(), Optional.empty());
        LmGenerator generator = new LmGenerator(lm, Sampling.GREEDY, Sampling.GREEDY, 1, 0)) {
      TokenStreams streams = new TokenStreams(config);
      List<Long> done = new ArrayList<>();
      PromptPhase phase =
          new PromptPhase(
              codec, generator::read, generator::replay, streams, Optional.of(voice), role());
      phase.run(progress(done, () -> false));
      assertEquals(0, done.getFirst());
      assertEquals(done.stream().sorted().toList(), done);
      int steps = golden.shapes().get(prefix + "text_tokens")[0];
      assertTrue(steps > 10);
      for (int step = 0; step < steps; step++) {
        int[] user = golden.tokens(prefix + "user_tokens", step);
        StepInput input = streams.next(user);
        int[] sampled = generator.step(input.tokens(), input.given());
        String where = prefix + "step " + step;
        assertEquals(golden.tokens(prefix + "text_tokens", step)[0], sampled[0], where);
        assertArrayEquals(
            golden.tokens(prefix + "audio_tokens", step),
            streams.complete(sampled).orElseThrow(),
            where);
      }
    }
  }

  @Test
  void itEndsWhenItIsCancelled() throws IOException {
    List<int[]> grid = new ArrayList<>();
    try (Mimi codec = codec()) {
      PromptPhase phase = phase(codec, grid, new TokenStreams(config), Optional.empty());
      Progress progress = progress(new ArrayList<>(), () -> !grid.isEmpty());
      assertThrows(CancelledException.class, () -> phase.run(progress));
      assertTrue(grid.size() < phase.length());
    }
  }
}
