package io.moshimlx.engine;

import io.moshimlx.UserException;
import io.moshimlx.checkpoint.DepformerConfig;
import io.moshimlx.checkpoint.Layout;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.checkpoint.PyTorchLayout;
import io.moshimlx.checkpoint.Quantization;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.Safetensors;
import io.moshimlx.model.Lm;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;

/**
 * About how much memory a conversation with a model takes: its weights and KV cache in the type
 * that it computes in, its codec, and what was measured above them (docs/performance.md).
 *
 * @param weightBytes of the weights that are read, with 16 bits for each value that is not packed
 * @param quantization of the weights
 * @param stored the type of the values that are not packed
 * @param codecBytes of the files of codec and tokenizer
 * @param cacheValues that the KV cache holds
 */
public record MemoryEstimate(
    long weightBytes, Quantization quantization, DType stored, long codecBytes, long cacheValues) {

  /** The JVM, the native libraries and the arrays of a step. */
  private static final long PROCESS_BYTES = 100_000_000;

  /**
   * The estimate for a model's files, of which it reads {@code config.json} and the header of the
   * weights.
   *
   * @throws UserException if a file cannot be read
   * @throws io.moshimlx.mlx.MlxException if the weights are no safetensors file
   */
  public static MemoryEstimate of(ModelFiles files) {
    Map<String, Safetensors.Entry> tensors = Safetensors.header(files.weights());
    DepformerConfig depformer = files.config().depformer();
    Layout layout =
        tensors.containsKey(PyTorchLayout.SIGN)
            ? new PyTorchLayout(Map.of(), depformer)
            : Layout.MLX;
    long weightBytes =
        tensors.entrySet().stream()
            .filter(tensor -> !layout.isOfSlicesFrom(depformer.slices(), tensor.getKey()))
            .mapToLong(tensor -> bytesIn16(tensor.getValue()))
            .sum();
    DType stored =
        tensors.values().stream()
            .map(Safetensors.Entry::dtype)
            .filter(DType::isFloating)
            .max(Comparator.comparingInt(DType::size))
            .orElse(DType.BFLOAT16);
    try {
      return new MemoryEstimate(
          weightBytes,
          files.quantization(),
          stored,
          Files.size(files.mimi()) + Files.size(files.tokenizer()),
          files.config().cacheValues());
    } catch (IOException e) {
      throw UserException.cannotRead(files.mimi(), e, "check its permissions");
    }
  }

  private static long bytesIn16(Safetensors.Entry tensor) {
    DType dtype = tensor.dtype();
    return dtype.isFloating() ? tensor.bytes() / dtype.size() * Short.BYTES : tensor.bytes();
  }

  /** The estimate for the same model in another precision. */
  public MemoryEstimate in(Quantization other) {
    long plain = quantization.plainBytes(weightBytes);
    return new MemoryEstimate(
        other.bits() == 0 ? plain : other.bytesFrom(plain), other, stored, codecBytes, cacheValues);
  }

  /**
   * In bytes, for a model and one conversation with it.
   *
   * @param computed what it computes in, as {@link Lm#computed} says; empty for the stored type
   */
  public long bytes(Optional<DType> computed) {
    return modelBytes(computed) + conversationBytes(computed);
  }

  /** In bytes, for what all conversations with a model share. */
  public long modelBytes(Optional<DType> computed) {
    long weights = quantization.bytesIn(weightBytes, computed.orElse(stored).size());
    return weights + codecBytes + codecShare() + PROCESS_BYTES + MemoryLimits.cacheBytes(weights);
  }

  /** In bytes, for the state of each conversation: its KV cache and the codec's two streams. */
  public long conversationBytes(Optional<DType> computed) {
    return cacheValues * computed.orElse(stored).size() + codecShare();
  }

  /** What a codec's kernels take unfolded, and about as much what its streams remember. */
  private long codecShare() {
    return codecBytes / 16;
  }
}
