package io.moshimlx.mimi;

import io.moshimlx.jni.NativeLibrary;
import java.nio.file.Path;

/**
 * The weights of a Mimi codec, read once, and shared by any number of streams: encoders, which turn
 * audio into codes, and decoders, which turn codes into audio.
 *
 * <p>Audio is mono float32 at 24 kHz, full scale at ±1. A frame is 1920 samples, or 80 ms, and has
 * one code a codebook, from 0 to {@link #cardinality()} - 1, codebook 0 (the semantic one) first.
 *
 * <p>Streams do not influence each other and may run at the same time. All compute on the same
 * threads, of which there are as many as cores; a frame that finds none free waits for one.
 *
 * <p>The weights are counted by their users: their memory is freed when this and the last stream
 * are closed, in any order. May be used by several threads.
 */
public final class Mimi implements AutoCloseable {
  /** Samples a second. */
  public static final int SAMPLE_RATE = 24_000;

  /** Samples a frame. */
  public static final int FRAME_SAMPLES = 1920;

  private final Path weights;
  private final int codebooks;
  private final int cardinality;

  /** 0 once closed. */
  private long handle;

  private Mimi(Path weights, int codebooks, long handle) {
    this.weights = weights;
    this.codebooks = codebooks;
    this.handle = handle;
    this.cardinality = NativeMimi.cardinality(handle);
  }

  /**
   * The version of the crate {@code moshi}, which the codec is.
   *
   * @throws io.moshimlx.jni.NativeException if the library cannot be loaded
   */
  public static String version() {
    NativeLibrary.load();
    return NativeMimi.version();
  }

  /**
   * Opens a codec of the released Mimi's size.
   *
   * @param weights a safetensors file (F32; F16 and BF16 are widened)
   * @param codebooks how many of its codebooks to use, 1 to 32
   * @throws MimiException if the file is missing, damaged, lacks a tensor or has fewer codebooks
   * @throws io.moshimlx.jni.NativeException if the library cannot be loaded
   */
  public static Mimi open(Path weights, int codebooks) {
    return open(weights, null, codebooks);
  }

  /**
   * Opens a codec of any size.
   *
   * @param weights a safetensors file (F32; F16 and BF16 are widened)
   * @param config the JSON file named by {@code mimi_config_name}, or null for the released Mimi's
   *     size. It has the objects {@code seanet}, {@code transformer} and {@code quantizer} of
   *     upstream's loader; what is left out is as in the released Mimi
   * @param codebooks how many of its codebooks to use, 1 to 32
   * @throws MimiException if a file is missing or damaged, lacks a tensor or has fewer codebooks,
   *     and if the configuration has unknown keys or unusable sizes
   * @throws io.moshimlx.jni.NativeException if the library cannot be loaded
   */
  public static Mimi open(Path weights, Path config, int codebooks) {
    NativeLibrary.load();
    String configName = config == null ? null : config.toString();
    return new Mimi(weights, codebooks, NativeMimi.open(weights.toString(), configName, codebooks));
  }

  /**
   * Begins a stream of audio into codes.
   *
   * @throws MimiException if this is closed
   */
  public synchronized MimiEncoder newEncoder() {
    return new MimiEncoder(NativeMimi.newEncoder(handle()));
  }

  /**
   * Begins a stream of codes into audio.
   *
   * @throws MimiException if this is closed
   */
  public synchronized MimiDecoder newDecoder() {
    return new MimiDecoder(NativeMimi.newDecoder(handle()));
  }

  /** Codebooks in use, and codes a frame. */
  public int codebooks() {
    return codebooks;
  }

  /** Entries of a codebook; 2048 in the released Mimi. */
  public int cardinality() {
    return cardinality;
  }

  /** Begins no more streams; those that are open go on. Closing again does nothing. */
  @Override
  public synchronized void close() {
    if (handle != 0) {
      NativeMimi.close(handle);
      handle = 0;
    }
  }

  private long handle() {
    if (handle == 0) {
      throw new MimiException("the codec " + weights + " is closed");
    }
    return handle;
  }
}
