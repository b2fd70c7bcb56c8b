package io.moshimlx.voice;

import io.moshimlx.StandIn;
import io.moshimlx.UserException;
import io.moshimlx.checkpoint.LmConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * A voice as PersonaPlex's publisher stores it: what Helium read of the voice's prompt, to be read
 * again, and the tokens of the last few steps.
 *
 * <p>The file is a dictionary of {@code embeddings}, [steps, 1, 1, dim], and {@code cache}, [1, 1 +
 * codebooks, slots]: a ring in which the token of position p of each stream stands in slot p modulo
 * {@code slots}. Position 0 is that of the initial tokens, so what a model samples at step t, or
 * would, stands at position t + 1.
 */
public final class StoredVoice {
  private static final long LARGEST_FILE = 1 << 28;

  /** Slots that the ring has beyond the longest delay. */
  private static final int MORE_SLOTS = 3;

  private final float[][] embeddings;

  /** [stream][slot]. */
  private final int[][] cache;

  private StoredVoice(float[][] embeddings, int[][] cache) {
    this.embeddings = embeddings;
    this.cache = cache;
  }

  /**
   * Reads a file of a stored voice.
   *
   * @param config of the model that is to speak with it
   * @throws UserException if it is none, or is of another model
   */
  public static StoredVoice read(Path file, LmConfig config) {
    StandIn.refuse(file);
    try (InputStream in = Files.newInputStream(file)) {
      // What cannot be read shows here, and is not taken for damage.
      int _ = in.read();
      if (Files.size(file) > LARGEST_FILE) {
        throw new UserException(
            file + " is too large for a stored voice", "use a voice from its publisher");
      }
      return read(file.toString(), file, config);
    } catch (IOException e) {
      throw UserException.cannotRead(file, e, "give the name or the .pt file of a stored voice");
    }
  }

  /**
   * Reads a file of a stored voice under another name.
   *
   * @param name what errors call it
   */
  static StoredVoice read(String name, Path file, LmConfig config) {
    List<TorchFile.Numbers> tensors = TorchFile.read(name, file, "embeddings", "cache");
    float[][] embeddings = embeddings(name, tensors.get(0), config);
    return new StoredVoice(embeddings, cache(name, tensors.get(1), embeddings.length, config));
  }

  private static float[][] embeddings(String name, TorchFile.Numbers tensor, LmConfig config) {
    int[] shape = tensor.shape();
    int dim = config.transformer().dim();
    if (!tensor.floating() || shape.length != 4 || shape[1] != 1 || shape[2] != 1) {
      throw misfit(name, "embeddings", shape);
    }
    if (shape[3] != dim) {
      throw new UserException(
          "%s is a voice of a model %d wide, but this one is %d wide"
              .formatted(name, shape[3], dim),
          "use a voice of this model");
    }
    // The beginning of a longer one would be forgotten before it is spoken with.
    if (shape[0] <= config.maxDelay() || shape[0] > config.transformer().context()) {
      throw misfit(name, "embeddings", shape);
    }
    float[][] rows = new float[shape[0]][dim];
    for (int i = 0; i < tensor.values().length; i++) {
      float value = (float) tensor.values()[i];
      if (!Float.isFinite(value)) {
        throw misfit(name, "embeddings that are not numbers,", shape);
      }
      rows[i / dim][i % dim] = value;
    }
    return rows;
  }

  private static int[][] cache(String name, TorchFile.Numbers tensor, int steps, LmConfig config) {
    int streams = 1 + config.codebooks();
    int slots = config.maxDelay() + MORE_SLOTS;
    if (tensor.floating() || !Arrays.equals(tensor.shape(), new int[] {1, streams, slots})) {
      throw misfit(name, "a cache", tensor.shape());
    }
    int[][] cache = new int[streams][slots];
    for (int i = 0; i < streams * slots; i++) {
      cache[i / slots][i % slots] = (int) tensor.values()[i];
    }
    for (int stream = 0; stream < streams; stream++) {
      int delay = stream == 0 ? 0 : config.delays().get(stream - 1);
      int vocabulary = stream == 0 ? config.textCard() : config.card();
      // Others may hold tokens of earlier steps, or have never been written.
      for (int position = steps; position <= steps + delay; position++) {
        int token = cache[stream][position % slots];
        if (token < 0 || token >= vocabulary) {
          throw misfit(name, "a cache of other tokens", tensor.shape());
        }
      }
    }
    return cache;
  }

  private static UserException misfit(String name, String what, int... shape) {
    return new UserException(
        "%s has %s of the shape %s, so it is no voice of this model"
            .formatted(name, what, Arrays.toString(shape)),
        "use one that is");
  }

  /** Steps that the voice takes. */
  public int steps() {
    return embeddings.length;
  }

  /**
   * What Helium reads at some of the steps.
   *
   * @return [steps][dim]
   */
  public float[][] embeddings(int from, int to) {
    return Arrays.copyOfRange(embeddings, from, to);
  }

  /** The text token of the last step. */
  public int textToken() {
    return cache[0][steps() % cache[0].length];
  }

  /**
   * A code of one of the last frames.
   *
   * @param frame frames of step t are those of the codebooks without a delay at that step
   * @param delay of the codebook
   */
  public int code(int codebook, int frame, int delay) {
    int[] ring = cache[1 + codebook];
    return ring[(frame + 1 + delay) % ring.length];
  }
}
