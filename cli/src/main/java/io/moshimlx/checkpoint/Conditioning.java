package io.moshimlx.checkpoint;

import io.moshimlx.JsonConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The conditions of a model besides its tokens ({@code conditioners}), and how they are added
 * ({@code fuser}).
 *
 * @param conditioners by name, in the order of the configuration
 * @param sum the names of those whose vectors are added to Helium's input at every step
 */
public record Conditioning(Map<String, Conditioner> conditioners, List<String> sum) {
  static final Conditioning NONE = new Conditioning(Map.of(), List.of());

  /**
   * The conditioner that a dialogue sets, the quality of the speech: as upstream, to the best of
   * its values. The others are left at their learnt padding, as where nothing is known.
   */
  public static final String DESCRIPTION = "description";

  public static final String BEST = "very_good";

  /** What guidance leads away from. */
  public static final String WORST = "very_bad";

  private static final int MAX_DIM = 1 << 16;
  private static final int MAX_BINS = 1 << 20;

  /** One condition. */
  public sealed interface Conditioner {
    /** Width of its vectors before their projection. */
    int dim();
  }

  /**
   * One of several words ({@code lut}), looked up in a table.
   *
   * @param bins rows of the table but one, that of no word
   * @param possibleValues the words, in the order of the rows
   */
  public record Lut(int bins, int dim, List<String> possibleValues) implements Conditioner {}

  /** A vector that comes from elsewhere ({@code tensor}). */
  public record Tensor(int dim) implements Conditioner {}

  /** Whether there is a better and a worse for guidance to choose between. */
  public boolean guides() {
    return sum.contains(DESCRIPTION) && conditioners.get(DESCRIPTION) instanceof Lut;
  }

  /** Reads the keys of a config.json; without a fuser all conditions are added. */
  static Conditioning read(JsonConfig json) {
    Map<String, Conditioner> conditioners = new LinkedHashMap<>();
    json.object("conditioners")
        .ifPresent(all -> {
          for (String name : all.keys()) {
            conditioners.put(name, conditioner(all.requireObject(name), name));
          }
        });
    List<String> sum =
        json.object("fuser")
            .map(fuser -> sum(fuser, conditioners))
            .orElseGet(() -> List.copyOf(conditioners.keySet()));
    return new Conditioning(conditioners, sum);
  }

  private static Conditioner conditioner(JsonConfig json, String name) {
    String type = json.string("type");
    return switch (type) {
      case "lut" -> lut(json.requireObject("lut"), name);
      case "tensor" -> new Tensor(json.requireObject("tensor").integer("dim", 1, MAX_DIM));
      default -> throw json.unsupported("type", type);
    };
  }

  private static Lut lut(JsonConfig json, String name) {
    String tokenizer = json.string("tokenizer");
    if (!tokenizer.equals("noop")) {
      throw json.unsupported("tokenizer", tokenizer);
    }
    List<String> values = json.strings("possible_values");
    if (name.equals(DESCRIPTION) && !values.contains(BEST)) {
      throw json.fault("possible_values", "does not have the value '" + BEST + "'");
    }
    int bins = json.integer("n_bins", values.size(), MAX_BINS);
    return new Lut(bins, json.integer("dim", 1, MAX_DIM), values);
  }

  private static List<String> sum(JsonConfig fuser, Map<String, Conditioner> conditioners) {
    for (String method : List.of("cross", "prepend")) {
      if (fuser.has(method) && !fuser.strings(method).isEmpty()) {
        throw fuser.unsupported(method, String.join(", ", fuser.strings(method)));
      }
    }
    List<String> sum = fuser.has("sum") ? fuser.strings("sum") : new ArrayList<>();
    for (String name : sum) {
      if (!conditioners.containsKey(name)) {
        throw fuser.fault("sum", "names '" + name + "', which is not one of the conditioners");
      }
    }
    return sum;
  }
}
