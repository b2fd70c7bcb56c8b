package io.moshimlx.model;

/**
 * How the linear layers and embeddings of a checkpoint file are stored.
 *
 * <p>The file name tells: {@code *.q4.safetensors}, {@code *.q8.safetensors}, anything else as it
 * is.
 */
public enum Quantization {
  /** 4 bits, groups of 32. */
  Q4(4, 32),
  /** 8 bits, groups of 64. */
  Q8(8, 64),
  /** Not quantised: bf16 in the published files. */
  BF16(0, 0);

  private final int bits;
  private final int groupSize;

  Quantization(int bits, int groupSize) {
    this.bits = bits;
    this.groupSize = groupSize;
  }

  public int bits() {
    return bits;
  }

  /** Values that share one scale and one bias, along the input dimension. */
  public int groupSize() {
    return groupSize;
  }

  /** The name used on the command line and in events, e.g. {@code q4}. */
  public String label() {
    return this == Q4 ? "q4" : this == Q8 ? "q8" : "bf16";
  }

  /** What a file of this name holds. */
  public static Quantization ofFile(String fileName) {
    if (fileName.endsWith(Q4.suffix())) {
      return Q4;
    }
    return fileName.endsWith(Q8.suffix()) ? Q8 : BF16;
  }

  /** The end of a file's name, e.g. {@code .q4.safetensors}. */
  String suffix() {
    return this == BF16 ? ".safetensors" : "." + label() + ".safetensors";
  }
}
