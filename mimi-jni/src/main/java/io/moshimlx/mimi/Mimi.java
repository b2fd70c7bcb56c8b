package io.moshimlx.mimi;

import static java.util.Objects.requireNonNull;

import io.moshimlx.jni.NativeLibrary;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongFunction;

/**
 * The Mimi codec: one stream of audio into codes and, independently, one stream of codes into
 * audio.
 *
 * <p>Audio is mono float32 at 24 kHz, full scale at ±1. A frame is 1920 samples, or 80 ms, and has
 * one code a codebook, from 0 to {@link #cardinality()} - 1, codebook 0 (the semantic one) first.
 *
 * <p>{@link #encode} and {@link #decode} may run on two threads at the same time; several threads
 * in the same direction wait for each other. {@link #close} waits for calls under way, and every
 * call after it throws {@link MimiException}.
 */
public final class Mimi implements AutoCloseable {
  /** Samples a second. */
  public static final int SAMPLE_RATE = 24_000;

  /** Samples a frame. */
  public static final int FRAME_SAMPLES = 1920;

  /** Shared by every use of the handle, exclusive for closing it. */
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

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
   */
  public static Mimi open(Path weights, int codebooks) {
    return open(weights, null, codebooks);
  }

  /**
   * Opens a codec of any size.
   *
   * @param config the JSON file named by {@code mimi_config_name}, or null for the released Mimi's
   *     size. It has the objects {@code seanet}, {@code transformer} and {@code quantizer} of
   *     upstream's loader; what is left out is as in the released Mimi
   * @throws MimiException as above, and if the configuration has unknown keys or unusable sizes
   */
  public static Mimi open(Path weights, Path config, int codebooks) {
    NativeLibrary.load();
    String configName = config == null ? null : config.toString();
    return new Mimi(weights, codebooks, NativeMimi.open(weights.toString(), configName, codebooks));
  }

  /**
   * Encodes the next samples of the stream.
   *
   * @param pcm samples, usually one frame. Any other number is fine too: what does not fill a frame
   *     is kept until later calls have filled it. Samples that are NaN, infinite or beyond ±10⁶ are
   *     taken as 0 and counted in {@link #sanitizedSamples}
   * @return the codes of every frame that these samples complete, in order, {@link #codebooks()}
   *     codes a frame; empty if they complete none
   */
  public int[] encode(float[] pcm) {
    requireNonNull(pcm, "pcm");
    return use(open -> NativeMimi.encode(open, pcm));
  }

  /**
   * Decodes the next frame of the stream.
   *
   * @param codes exactly {@link #codebooks()} codes
   * @return {@link #FRAME_SAMPLES} samples, not clipped to ±1
   * @throws MimiException if the number of codes is another or a code is out of range; the stream
   *     is as it was before
   */
  public float[] decode(int[] codes) {
    float[] frame = new float[FRAME_SAMPLES];
    decode(codes, frame);
    return frame;
  }

  /**
   * As {@link #decode(int[])}, into an array of the caller's.
   *
   * @param frame {@link #FRAME_SAMPLES} samples
   * @throws MimiException as above, and if the frame has another length
   */
  public void decode(int[] codes, float[] frame) {
    requireNonNull(codes, "codes");
    requireNonNull(frame, "frame");
    use(open -> {
      NativeMimi.decode(open, codes, frame);
      return null;
    });
  }

  /** Samples given to {@link #encode} since the codec was opened that had to be taken as 0. */
  public long sanitizedSamples() {
    return use(NativeMimi::sanitizedSamples);
  }

  /** Codebooks in use, and codes a frame. */
  public int codebooks() {
    return codebooks;
  }

  /** Entries of a codebook; 2048 in the released Mimi. */
  public int cardinality() {
    return cardinality;
  }

  /** Begins new streams in both directions; samples kept for an incomplete frame are dropped. */
  public void reset() {
    use(open -> {
      NativeMimi.reset(open);
      return null;
    });
  }

  /** Frees the codec's memory. Closing again does nothing. */
  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (handle != 0) {
        NativeMimi.close(handle);
        handle = 0;
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  private <T> T use(LongFunction<T> call) {
    lock.readLock().lock();
    try {
      if (handle == 0) {
        throw new MimiException("the codec " + weights + " is closed");
      }
      return call.apply(handle);
    } finally {
      lock.readLock().unlock();
    }
  }
}
