package io.moshimlx.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.moshimlx.UserException;
import io.moshimlx.model.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What of a config.json is honoured, and what is refused by name. */
final class LmConfigTest {
  @TempDir private Path folder;

  /** The whole of the published file. */
  @Test
  void personaPlexNeedsNoSizes() throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(file, "{\"model_type\": \"personaplex\", \"version\": \"7b-v1\"}");
    LmConfig config = LmConfig.read(file);
    assertTrue(config.takesPrompts());
    assertEquals(LmConfig.moshi7b().transformer(), config.transformer());
    assertEquals(LmConfig.moshi7b().delays(), config.delays());
    assertEquals(8, config.voiceCodebooks());
    assertEquals(8, config.userCodebooks());
    assertEquals(16, config.depformer().weightSets());
    assertFalse(LmConfig.moshi7b().takesPrompts());
  }

  @Test
  void personaPlexHasTwoVoicesOfEightCodebooks() throws IOException {
    Path published = Golden.of("personaplex").directory().resolve("config.json");
    JsonObject json = JsonParser.parseString(Files.readString(published)).getAsJsonObject();
    json.addProperty("dep_q", 4);
    Path file = Files.writeString(folder.resolve("config.json"), json.toString());
    assertEquals(
        file + ": n_q is 16 and dep_q 4, but PersonaPlex speaks and hears 8 codebooks each",
        assertThrows(UserException.class, () -> LmConfig.read(file)).what());
  }

  private LmConfig read(String key, String value) throws IOException {
    Path usual = Golden.of("f32-7b-like").directory().resolve("config.json");
    JsonObject json = JsonParser.parseString(Files.readString(usual)).getAsJsonObject();
    if (value == null) {
      json.remove(key);
    } else {
      json.add(key, JsonParser.parseString(value));
    }
    return LmConfig.read(Files.writeString(folder.resolve("config.json"), json.toString()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "causal | false",
        "gating | \"none\"",
        "norm | \"layer_norm\"",
        "positional_embedding | \"sin\"",
        "existing_text_padding_id | 7",
        "cross_attention | true",
        "kv_repeat | 2",
        "hidden_scale | -1",
        "context | 0",
        "context | 1e30",
        "max_period | 0",
        "dim | 0",
        "dim | 1.5",
        "dim | \"64\"",
        "num_heads | 5",
        "num_layers | 100000",
        "text_card | -3",
        "card | 99999999999",
        "n_q | 1000",
        "dep_q | 17",
        "dep_q | -1",
        "delays | [0, 1]",
        "delays | [0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, -1]",
        "delays | [1, 0, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1]",
        "delays | {}",
        "depformer_num_heads | 3",
        "depformer_pos_emb | \"sin\"",
        "depformer_causal | false",
        "depformer_weights_per_step | false",
        "depformer_multi_linear | false",
        "depformer_layer_scale | 0.1",
        "depformer_low_rank_embeddings | 0",
        "depformer_weights_per_step_schedule | [0, 1]",
        "depformer_weights_per_step_schedule | [0, 1, 2, 3, 4, 5, 6, 8]",
        "depformer_norm | \"rms_norm\"",
        "extra_heads_num_heads | -1",
        "extra_heads_dim | 0",
        "conditioners | {\"description\": {\"type\": \"lut\"}}",
        "conditioners | {\"description\": {\"type\": \"wav\"}}",
        "conditioners | {\"description\": {\"type\": \"tensor\", \"tensor\": {\"dim\": 0}}}",
        "conditioners | {\"description\": []}",
        "fuser | {\"cross\": [\"description\"]}",
        "fuser | {\"prepend\": [\"description\"]}",
        "fuser | {\"sum\": [\"description\"]}",
        "fuser | {\"sum\": [1]}",
        "lora_name | \"lora.safetensors\"",
        "stt_config | {}",
        "tts_config | {}",
      })
  void whatCannotBeComputedIsRefusedByName(String key, String value) {
    String message = assertThrows(UserException.class, () -> read(key, value)).getMessage();
    assertTrue(message.contains("config.json: " + key), message);
  }

  @ParameterizedTest
  @CsvSource({
    "dim",
    "num_heads",
    "num_layers",
    "context",
    "text_card",
    "card",
    "n_q",
    "dep_q",
    "delays",
    "positional_embedding",
    "depformer_dim",
    "depformer_num_heads",
    "depformer_num_layers",
    "depformer_pos_emb"
  })
  void whatIsMissingIsNamed(String key) {
    String message = assertThrows(UserException.class, () -> read(key, null)).getMessage();
    assertTrue(message.contains(key + " is missing"), message);
  }

  @Test
  void sizesAreThoseOfTheFile() throws IOException {
    LmConfig config = read("hidden_scale", "4.125");
    assertEquals(
        new TransformerConfig(64, 4, 3, 176, 3000, true, 10000, false), config.transformer());
    assertEquals(16, config.codebooks());
    assertEquals(8, config.userCodebooks());
    assertEquals(1, config.maxDelay());
    assertEquals(192, read("hidden_scale", "4.5").transformer().hiddenDim());
    assertTrue(read("layer_scale", "0.01").transformer().layerScale());
  }

  @Test
  void withoutAConfigItIsMoshi7b() {
    LmConfig config = LmConfig.moshi7b();
    // The counts of published files: 32 layers of dim 4096, gates of 2 × 11264, 6 layers a slice.
    assertEquals(11264, config.transformer().hiddenDim());
    assertEquals(2816, config.depformer().transformer().hiddenDim());
    assertEquals(1, config.maxDelay());
  }
}
