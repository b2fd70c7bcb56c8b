package io.moshimlx.model;

import static io.moshimlx.mlx.Creation.zeros;
import static io.moshimlx.mlx.Elementwise.astype;
import static io.moshimlx.mlx.Indexing.slice;
import static io.moshimlx.mlx.Indexing.sliceUpdate;
import static io.moshimlx.mlx.Shapes.concatenate;

import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.MlxArray;
import java.util.Optional;

/**
 * Keeps the last {@code context} steps in a ring of exactly that many places, so that a session has
 * no end.
 *
 * <p>All of it is there from the first step on: memory does not grow with the session, and no step
 * waits for a copy. It is written in place: its old handle is closed before the step is evaluated,
 * which lets MLX reuse the memory.
 */
final class RingKvCache implements KvCache, AutoCloseable {
  private final int context;
  private MlxArray ring;
  private long steps;
  private int visible;

  RingKvCache(int context) {
    this.context = context;
  }

  @Override
  public int offset() {
    return (int) steps;
  }

  @Override
  public Optional<MlxArray> mask(int block) {
    if (block == 1) {
      return Optional.empty();
    }
    int old = (int) Math.min(steps, context);
    int[] mask = new int[block * (old + block)];
    for (int row = 0; row < block; row++) {
      long query = steps + row;
      for (int place = 0; place < old + block; place++) {
        long key = place < old ? stepAt(place) : steps + place - old;
        mask[row * (old + block) + place] = key <= query && key > query - context ? 1 : 0;
      }
    }
    return Optional.of(astype(MlxArray.of(mask, block, old + block), DType.BOOL));
  }

  @Override
  public MlxArray append(MlxArray kv) {
    int block = kv.dim(2);
    // Earlier steps of a block still need the places that its later steps overwrite.
    MlxArray joined = block == 1 ? null : join(kv);
    allocate(kv);
    int from = Math.max(0, block - context);
    while (from < block) {
      int place = (int) ((steps + from) % context);
      int count = Math.min(block - from, context - place);
      write(block == 1 ? kv : slice(kv, 2, from, from + count), place, count);
      from += count;
    }
    steps += block;
    visible = joined == null ? (int) Math.min(steps, context) : joined.dim(2);
    return joined == null ? ring : joined;
  }

  @Override
  public int visible() {
    return visible;
  }

  /** All of it, [1, 2 × heads, context, headDim]; null before the first step. */
  MlxArray ring() {
    return ring;
  }

  @Override
  public void close() {
    if (ring != null) {
      ring.close();
    }
  }

  /** The step that stands in a place: the last one before {@code steps} that fell on it. */
  private long stepAt(int place) {
    long last = steps - 1;
    return last - Math.floorMod(last - place, (long) context);
  }

  private MlxArray join(MlxArray kv) {
    return steps == 0 ? kv : concatenate(2, slice(ring, 2, 0, (int) Math.min(steps, context)), kv);
  }

  private void allocate(MlxArray kv) {
    if (ring == null) {
      ring = zeros(kv.dtype(), 1, kv.dim(1), context, kv.dim(3)).retain();
    }
  }

  private void write(MlxArray kv, int place, int count) {
    ring.replace(sliceUpdate(ring, kv, 2, place, place + count));
  }
}
