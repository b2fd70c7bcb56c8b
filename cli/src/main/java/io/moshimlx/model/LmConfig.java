package io.moshimlx.model;

import io.moshimlx.UserException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The language model's configuration: Helium, the depformer and the token streams between them.
 *
 * @param transformer Helium, the transformer over time
 * @param depformer the small transformer over the codebooks of one step
 * @param textCard text vocabulary; id {@code textCard} is the initial token
 * @param card entries of an audio codebook; id {@code card} is the initial token
 * @param codebooks audio codebooks that the model reads ({@code n_q}): its own voice, then the user
 * @param depQ audio codebooks that the depformer writes ({@code dep_q})
 * @param delays delay in steps of each of the {@code codebooks}
 */
public record LmConfig(
    TransformerConfig transformer,
    TransformerConfig depformer,
    int textCard,
    int card,
    int codebooks,
    int depQ,
    List<Integer> delays) {

  private static final int MAX_DIM = 1 << 16;
  private static final int MAX_LAYERS = 1 << 10;
  private static final int MAX_CARD = 1 << 20;
  private static final int MAX_CODEBOOKS = 256;
  private static final int MAX_DELAY = 1 << 10;
  private static final int MAX_CONTEXT = 1 << 24;

  /** Moshi 7B, whose MLX repositories carry no config.json. */
  public static LmConfig moshi7b() {
    return new LmConfig(
        new TransformerConfig(4096, 32, 32, 11264, 3000, true, 10000, false),
        new TransformerConfig(1024, 16, 6, 2816, 8, false, 10000, false),
        32000,
        2048,
        16,
        8,
        IntStream.range(0, 16).mapToObj(i -> i % 8 == 0 ? 0 : 1).toList());
  }

  /** Codebooks of the user's voice. */
  public int userCodebooks() {
    return codebooks - depQ;
  }

  /** Steps between a token's sampling and the audio frame it completes. */
  public int maxDelay() {
    return delays.stream().mapToInt(Integer::intValue).max().orElse(0);
  }

  /**
   * Reads the keys of a config.json.
   *
   * @throws UserException naming the key that is missing, absurd or not supported
   */
  public static LmConfig read(Path file) {
    return read(JsonConfig.read(file));
  }

  static LmConfig read(JsonConfig json) {
    refuseUnsupported(json);
    int codebooks = json.integer("n_q", 1, MAX_CODEBOOKS);
    int depQ = json.integer("dep_q", 1, codebooks);
    int[] delays = json.integers("delays", 0, MAX_DELAY);
    if (delays.length != codebooks + 1) {
      throw json.fault(
          "delays",
          "has %d entries, but must have one for the text and one for each of the n_q = %d codebooks"
              .formatted(delays.length, codebooks));
    }
    if (delays[0] != 0) {
      throw json.fault("delays", "gives the text stream a delay, which is not supported");
    }
    return new LmConfig(
        helium(json),
        depformer(json, depQ),
        json.integer("text_card", 4, MAX_CARD),
        json.integer("card", 2, MAX_CARD),
        codebooks,
        depQ,
        Arrays.stream(delays).skip(1).boxed().toList());
  }

  private static TransformerConfig helium(JsonConfig json) {
    int dim = json.integer("dim", 1, MAX_DIM);
    double hiddenScale = json.number("hidden_scale", 4, 0.1, 64);
    return transformer(
        json,
        "num_heads",
        "positional_embedding",
        dim,
        json.integer("num_layers", 1, MAX_LAYERS),
        TransformerConfig.gatedHiddenDim(dim, (int) (hiddenScale * dim)),
        json.integer("context", 1, MAX_CONTEXT),
        json.number("max_period", 10000, 1, 1e12),
        json.has("layer_scale"));
  }

  /**
   * A slice of the depformer attends to all earlier slices of its step, whatever {@code
   * depformer_context} says: so the published weights were trained.
   */
  private static TransformerConfig depformer(JsonConfig json, int depQ) {
    int dim = json.integer("depformer_dim", 1, MAX_DIM);
    int dimFeedforward = json.integer("depformer_dim_feedforward", 4 * dim, 2, 64 * MAX_DIM);
    return transformer(
        json,
        "depformer_num_heads",
        "depformer_pos_emb",
        dim,
        json.integer("depformer_num_layers", 1, MAX_LAYERS),
        TransformerConfig.gatedHiddenDim(dim, dimFeedforward),
        depQ,
        json.number("depformer_max_period", 8, 1, 1e12),
        false);
  }

  private static TransformerConfig transformer(
      JsonConfig json,
      String headsKey,
      String positionKey,
      int dim,
      int numLayers,
      int hiddenDim,
      int context,
      double maxPeriod,
      boolean layerScale) {
    int numHeads = json.integer(headsKey, 1, dim);
    boolean rotary =
        switch (json.string(positionKey)) {
          case "rope" -> true;
          case "none" -> false;
          case String other -> throw unsupported(json, positionKey, other);
        };
    if (dim % numHeads != 0 || (rotary && dim / numHeads % 2 != 0)) {
      throw json.fault(
          headsKey,
          "is %d, which does not divide %d into equal even heads".formatted(numHeads, dim));
    }
    return new TransformerConfig(
        dim, numHeads, numLayers, hiddenDim, context, rotary, maxPeriod, layerScale);
  }

  /** What upstream's family knows and this version does not compute is refused, never ignored. */
  private static void refuseUnsupported(JsonConfig json) {
    requireString(json, "gating", "silu");
    requireString(json, "depformer_gating", "silu");
    requireString(json, "norm", "rms_norm", "rms_norm_f32");
    for (String key :
        List.of(
            "causal", "depformer_causal", "depformer_weights_per_step", "depformer_multi_linear")) {
      if (!json.bool(key, true)) {
        throw unsupported(json, key, "false");
      }
    }
    for (String key : List.of("cross_attention", "demux_second_stream")) {
      if (json.bool(key, false)) {
        throw unsupported(json, key, "true");
      }
    }
    for (String key :
        List.of(
            "depformer_layer_scale",
            "depformer_low_rank_embeddings",
            "depformer_norm",
            "lora_name",
            "stt_config",
            "tts_config")) {
      if (json.has(key)) {
        throw unsupported(json, key, "given");
      }
    }
    // Which tokens print nothing is part of the family, not of a model.
    if (json.integer("existing_text_padding_id", 3, 0, MAX_CARD) != 3) {
      throw unsupported(json, "existing_text_padding_id", "other than 3");
    }
    if (json.integer("kv_repeat", 1, 1, MAX_DIM) != 1) {
      throw unsupported(json, "kv_repeat", "other than 1");
    }
    if (json.integer("extra_heads_num_heads", 0, 0, MAX_DIM) != 0) {
      throw unsupported(json, "extra_heads_num_heads", "above 0");
    }
    if (json.object("conditioners").filter(conditioners -> !conditioners.isEmpty()).isPresent()) {
      throw unsupported(json, "conditioners", "with entries");
    }
  }

  private static void requireString(JsonConfig json, String key, String... supported) {
    json.optionalString(key)
        .filter(value -> !List.of(supported).contains(value))
        .ifPresent(value -> {
          throw unsupported(json, key, value);
        });
  }

  private static UserException unsupported(JsonConfig json, String key, String value) {
    return json.fault(
        key, "is '" + value + "', which this version does not support; choose another model");
  }
}
