package io.moshimlx.checkpoint;

import io.moshimlx.JsonConfig;
import io.moshimlx.UserException;
import io.moshimlx.text.TextTokens;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * The language model's configuration: Helium, the depformer and the token streams between them.
 *
 * @param transformer Helium, the transformer over time
 * @param depformer the small transformer over the codebooks of one step, which writes those of the
 *     model's own voice
 * @param textCard text vocabulary; id {@code textCard} is the initial token
 * @param card entries of an audio codebook; id {@code card} is the initial token
 * @param codebooks audio codebooks that the model reads ({@code n_q}): its own voice, then the user
 * @param delays delay in steps of each of the {@code codebooks}
 * @param demuxSecondStream whether a text token may carry that of a second stream
 * @param extraHeads further classifiers of Helium's output
 * @param conditioning the conditions that it reads beside its tokens
 * @param takesPrompts whether a voice and a role prompt it before it listens, as PersonaPlex
 */
public record LmConfig(
    TransformerConfig transformer,
    DepformerConfig depformer,
    int textCard,
    int card,
    int codebooks,
    List<Integer> delays,
    boolean demuxSecondStream,
    ExtraHeads extraHeads,
    Conditioning conditioning,
    boolean takesPrompts) {

  private static final int MAX_DIM = 1 << 16;
  private static final int MAX_LAYERS = 1 << 10;
  private static final int MAX_HEADS = 1 << 8;
  private static final int MAX_CARD = 1 << 20;
  private static final int MAX_CODEBOOKS = 256;
  private static final int MAX_DELAY = 1 << 10;
  private static final int MAX_CONTEXT = 1 << 24;

  /** The one {@code model_type} that says something that no other key says. */
  private static final String PERSONAPLEX = "personaplex";

  /** Of the model's voice and of the user's. */
  private static final int PERSONAPLEX_CODEBOOKS = 16;

  /** The number of extra heads, and of the classes of each. */
  public record ExtraHeads(int count, int dim) {
    static final ExtraHeads NONE = new ExtraHeads(0, 0);
  }

  /** Moshi 7B, whose MLX repositories carry no config.json. */
  public static LmConfig moshi7b() {
    return moshi7b(8, false);
  }

  /**
   * PersonaPlex 7B, whose config.json says no more than that. Its file has a slice for each of the
   * 16 codebooks, but those of the user are never sampled: what the user says is given.
   */
  public static LmConfig personaplex7b() {
    return moshi7b(16, true);
  }

  private static LmConfig moshi7b(int storedSlices, boolean takesPrompts) {
    return new LmConfig(
        new TransformerConfig(4096, 32, 32, 11264, 3000, true, 10000, false),
        new DepformerConfig(
            new TransformerConfig(1024, 16, 6, 2816, 8, false, 10000, false),
            8,
            OptionalInt.empty(),
            ownWeights(storedSlices)),
        32000,
        2048,
        16,
        IntStream.range(0, 16).mapToObj(i -> i % 8 == 0 ? 0 : 1).toList(),
        false,
        ExtraHeads.NONE,
        Conditioning.NONE,
        takesPrompts);
  }

  /**
   * Codebooks of the model's own voice, which the depformer writes; 0 for a model that only writes
   * text. A file may have more slices ({@link DepformerConfig#storedSlices}).
   */
  public int voiceCodebooks() {
    return depformer.slices();
  }

  /** Codebooks of the user's voice. */
  public int userCodebooks() {
    return codebooks - voiceCodebooks();
  }

  /** Values that a full KV cache holds; of a model that guidance may run, in both its halves. */
  public long cacheValues() {
    return (conditioning.guides() ? 2 : 1)
        * 2L
        * transformer.numLayers()
        * transformer.context()
        * transformer.dim();
  }

  /** Steps between a token's sampling and the audio frame it completes. */
  public int maxDelay() {
    return delays.stream().mapToInt(Integer::intValue).max().orElse(0);
  }

  /**
   * Reads the keys of a config.json. A {@code model_type} of {@code personaplex} is a model that
   * takes prompts; where the sizes are not given, it has those of the published one.
   *
   * @throws UserException naming the key that is missing, absurd or not supported
   */
  public static LmConfig read(Path file) {
    return read(JsonConfig.read(file));
  }

  /** The configuration of the model in a folder, which without a config.json is Moshi 7B. */
  public static LmConfig ofFolder(Path directory) {
    return ModelNames.config(directory).map(LmConfig::read).orElseGet(LmConfig::moshi7b);
  }

  static LmConfig read(JsonConfig json) {
    boolean takesPrompts = isPersonaPlex(json);
    if (takesPrompts && !json.has("dim")) {
      return personaplex7b();
    }
    refuseUnsupported(json);
    int codebooks = json.integer("n_q", 1, MAX_CODEBOOKS);
    int storedSlices = json.integer("dep_q", 0, codebooks);
    if (takesPrompts && (codebooks != PERSONAPLEX_CODEBOOKS || storedSlices < codebooks / 2)) {
      throw json.fault(
          "n_q",
          "is %d and dep_q %d, but PersonaPlex speaks and hears %d codebooks each"
              .formatted(codebooks, storedSlices, PERSONAPLEX_CODEBOOKS / 2));
    }
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
        depformer(json, takesPrompts ? codebooks / 2 : storedSlices, storedSlices),
        json.integer("text_card", 4, MAX_CARD),
        json.integer("card", 2, MAX_CARD),
        codebooks,
        Arrays.stream(delays).skip(1).boxed().toList(),
        json.bool("demux_second_stream", false),
        new ExtraHeads(
            json.integer("extra_heads_num_heads", 0, 0, MAX_HEADS),
            json.integer("extra_heads_dim", 6, 1, MAX_CARD)),
        Conditioning.read(json),
        takesPrompts);
  }

  /** Whether a {@code config.json} is that of a model that takes prompts. */
  static boolean isPersonaPlex(JsonConfig json) {
    return json.optionalString("model_type").filter(PERSONAPLEX::equals).isPresent();
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
   *
   * @param slices that are needed
   * @param storedSlices slices of the file
   */
  private static DepformerConfig depformer(JsonConfig json, int slices, int storedSlices) {
    int dim = json.integer("depformer_dim", 1, MAX_DIM);
    int dimFeedforward = json.integer("depformer_dim_feedforward", 4 * dim, 2, 64 * MAX_DIM);
    String lowRank = "depformer_low_rank_embeddings";
    return new DepformerConfig(
        transformer(
            json,
            "depformer_num_heads",
            "depformer_pos_emb",
            dim,
            json.integer("depformer_num_layers", 1, MAX_LAYERS),
            TransformerConfig.gatedHiddenDim(dim, dimFeedforward),
            slices,
            json.number("depformer_max_period", 8, 1, 1e12),
            false),
        slices,
        json.has(lowRank) ? OptionalInt.of(json.integer(lowRank, 1, MAX_DIM)) : OptionalInt.empty(),
        weightSchedule(json, storedSlices));
  }

  private static List<Integer> weightSchedule(JsonConfig json, int storedSlices) {
    String key = "depformer_weights_per_step_schedule";
    if (!json.has(key)) {
      return ownWeights(storedSlices);
    }
    int[] schedule = json.integers(key, 0, Math.max(0, storedSlices - 1));
    if (schedule.length != storedSlices) {
      throw json.fault(
          key,
          "has %d entries, but must have one for each of the dep_q = %d slices"
              .formatted(schedule.length, storedSlices));
    }
    return Arrays.stream(schedule).boxed().toList();
  }

  private static List<Integer> ownWeights(int slices) {
    return IntStream.range(0, slices).boxed().toList();
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
          case String other -> throw json.unsupported(positionKey, other);
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
        throw json.unsupported(key, "false");
      }
    }
    if (json.bool("cross_attention", false)) {
      throw json.unsupported("cross_attention", "true");
    }
    for (String key :
        List.of(
            "depformer_layer_scale", "depformer_norm", "lora_name", "stt_config", "tts_config")) {
      if (json.has(key)) {
        throw json.unsupported(key, "given");
      }
    }
    // Which tokens print nothing is part of the family, not of a model.
    if (!TextTokens.isPad(json.integer("existing_text_padding_id", TextTokens.PAD, 0, MAX_CARD))) {
      throw json.unsupported("existing_text_padding_id", "other than " + TextTokens.PAD);
    }
    if (json.integer("kv_repeat", 1, 1, MAX_DIM) != 1) {
      throw json.unsupported("kv_repeat", "other than 1");
    }
  }

  private static void requireString(JsonConfig json, String key, String... supported) {
    json.optionalString(key)
        .filter(value -> !List.of(supported).contains(value))
        .ifPresent(value -> {
          throw json.unsupported(key, value);
        });
  }
}
