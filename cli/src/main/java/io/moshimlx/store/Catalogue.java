package io.moshimlx.store;

import io.moshimlx.Nearest;
import io.moshimlx.checkpoint.Precision;
import io.moshimlx.hub.RepoId;
import io.moshimlx.hub.Revision;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The known models that talk. Sizes are those of the published files, to three digits.
 *
 * <p>A KV cache holds layers × context × 2 × dim values, and twice as many where guidance may lead.
 */
public final class Catalogue {
  /** The name of the model that is built in; it is on no hub. */
  public static final String DEMO = "demo";

  /** The first of the models that take a voice and a role as a prompt. */
  static final String PERSONAPLEX = "personaplex";

  /** PersonaPlex, trained further by Kyutai. */
  private static final String PERSONAPLEX_RL = "personaplex-rl";

  private static final Pattern PRECISION =
      Pattern.compile(
          Precision.USUAL.stream()
              .map(Precision::label)
              .collect(Collectors.joining("|", "-(", ")$")));
  private static final String CC_BY = "CC-BY 4.0";

  /** For PersonaPlex that of its base model holds as well. */
  private static final String CC_BY_NC = "CC BY-NC 4.0";

  private static final long CODEC = 385_200_000;
  private static final long CACHE_7B = 32L * 3000 * 2 * 4096;
  private static final long CACHE_1B = 2 * 16L * 3000 * 2 * 2048;
  private static final long CACHE_2B = 2 * 24L * 3000 * 2 * 2560;

  /**
   * Of PersonaPlex, the depformer's embeddings, feed-forwards and projections for the eight
   * codebooks that it never speaks.
   */
  private static final long UNREAD = 8 * 2 * (1024L * (2049 + 4096 + 2048) + 6L * 3 * 1024 * 2816);

  private static final List<KnownModel> MODELS = models();

  private static final List<NotRun> NOT_RUN =
      List.of(
          new NotRun(
              "hibiki-zero",
              new RepoId("kyutai", "hibiki-zero-3b-pytorch-bf16"),
              "its attention shares keys and values between heads (kv_repeat 2), which this version does not compute"),
          new NotRun(
              "moshika-rag",
              new RepoId("kyutai", "moshika-rag-pytorch-bf16"),
              "it asks a language model and an encoder on other servers for facts, which this version does not do"));

  private Catalogue() {}

  private static List<KnownModel> models() {
    List<KnownModel> models = new ArrayList<>();
    for (String voice : List.of("moshiko", "moshika")) {
      String task = "conversation, %s voice".formatted(voice.equals("moshiko") ? "male" : "female");
      models.add(moshi(voice, Precision.Q4, task, 4_810_000_000L));
      models.add(moshi(voice, Precision.Q8, task, 8_170_000_000L));
      models.add(moshi(voice, Precision.NONE, task, 15_400_000_000L));
    }
    models.add(hibiki("1b", 3_600_000_000L, CACHE_1B));
    models.add(hibiki("2b", 6_200_000_000L, CACHE_2B));
    models.add(
        new KnownModel(
            PERSONAPLEX,
            Precision.NONE,
            "conversation in a role",
            new RepoId("nvidia", "personaplex-7b-v1"),
            16_700_000_000L,
            UNREAD,
            CODEC,
            CACHE_7B,
            "NVIDIA Open Model License",
            true));
    models.add(
        new KnownModel(
            "moshika-rl",
            Precision.NONE,
            "conversation, female voice, trained to take turns",
            new RepoId("kyutai", "moshika-rl-seamless"),
            15_400_000_000L,
            0,
            CODEC,
            CACHE_7B,
            CC_BY_NC,
            true));
    models.add(
        new KnownModel(
            PERSONAPLEX_RL,
            Precision.NONE,
            "conversation in a role, trained to take turns",
            new RepoId("kyutai", "personaplex-rl-seamless"),
            16_700_000_000L,
            UNREAD,
            CODEC,
            CACHE_7B,
            CC_BY_NC,
            true));
    return List.copyOf(models);
  }

  private static KnownModel moshi(
      String voice, Precision precision, String task, long weightBytes) {
    RepoId repository = new RepoId("kyutai", "%s-mlx-%s".formatted(voice, precision.label()));
    return new KnownModel(
        voice, precision, task, repository, weightBytes, 0, CODEC, CACHE_7B, CC_BY, false);
  }

  private static KnownModel hibiki(String size, long weightBytes, long cacheValues) {
    return new KnownModel(
        "hibiki-" + size,
        Precision.NONE,
        "translation, French to English",
        new RepoId("kyutai", "hibiki-%s-mlx-bf16".formatted(size)),
        weightBytes,
        0,
        CODEC,
        cacheValues,
        CC_BY,
        false);
  }

  /** All of them, in the order to show them in. */
  public static List<KnownModel> all() {
    return MODELS;
  }

  /** Models of the family that are not among them, and why. */
  public static List<NotRun> notRun() {
    return NOT_RUN;
  }

  /** The model of that name or repository, if it is known and not run. */
  public static Optional<NotRun> findNotRun(String name) {
    return NOT_RUN.stream()
        .filter(model -> model.name().equals(name) || model.repository().toString().equals(name))
        .findFirst();
  }

  /** Whether models of that family take a voice and a role as a prompt. */
  static boolean takesPrompts(String family) {
    return family.equals(PERSONAPLEX) || family.equals(PERSONAPLEX_RL);
  }

  /** The model of that name ({@code moshiko-q4}), or the first of that family ({@code moshiko}). */
  public static Optional<KnownModel> find(String name) {
    return MODELS.stream()
        .filter(model -> model.name().equals(name) || model.family().equals(name))
        .findFirst();
  }

  /** The model of that family in that precision. */
  public static Optional<KnownModel> find(String family, Precision precision) {
    return MODELS.stream()
        .filter(model -> model.family().equals(family) && model.precision().equals(precision))
        .findFirst();
  }

  /** The model that a repository holds. */
  public static Optional<KnownModel> of(RepoId repository) {
    return MODELS.stream().filter(model -> model.repository().equals(repository)).findFirst();
  }

  /**
   * The family of a model, if it is known.
   *
   * @param model a name, with any precision or without one, or a repository ({@code org/name}), at
   *     any revision
   */
  static Optional<String> family(String model) {
    Optional<Revision> revision = Revision.parse(model);
    if (revision.isPresent()) {
      return of(revision.orElseThrow().repository()).map(KnownModel::family);
    }
    String family = PRECISION.matcher(model.replaceFirst("@.*", "")).replaceFirst("");
    return find(family).map(KnownModel::family).filter(family::equals);
  }

  /** Up to three models whose name or repository is nearly the one given, the nearest first. */
  public static List<KnownModel> nearest(String name) {
    return Nearest.to(
        name,
        MODELS,
        model -> List.of(model.name(), model.family(), model.repository().toString()));
  }
}
