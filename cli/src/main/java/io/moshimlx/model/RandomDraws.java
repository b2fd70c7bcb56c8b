package io.moshimlx.model;

/**
 * MLX's stream of random numbers, worked out on the host: a draw costs no graph, and the same seed
 * draws the same numbers as {@code mlx.random} with its global state.
 *
 * <p>Each draw splits the key in two with the Threefry-2x32 generator: the first half is kept, the
 * second is used.
 *
 * @see <a href="https://doi.org/10.1145/2063384.2063405">Parallel random numbers: as easy as 1, 2,
 *     3</a>
 */
final class RandomDraws {
  private static final int[] ROTATIONS = {13, 15, 26, 6, 17, 29, 16, 24};
  private static final int PARITY = 0x1BD11BDA;
  private static final float TWO_TO_THE_32 = 0x1p32f;
  private static final float BELOW_ONE = Math.nextDown(1f);

  /** Used anew by each call, so that a draw leaves nothing behind. */
  private final int[] keys = new int[3];

  private int high;
  private int low;

  RandomDraws(long seed) {
    high = (int) (seed >>> 32);
    low = (int) seed;
  }

  /** The next number, uniform in [0, 1). */
  float uniform() {
    long first = threefry(high, low, 0, 2);
    long second = threefry(high, low, 1, 3);
    high = (int) (first >>> 32);
    low = (int) (second >>> 32);
    long bits = threefry((int) first, (int) second, 0, 0) >>> 32;
    return Math.min(bits / TWO_TO_THE_32, BELOW_ONE);
  }

  /** Threefry-2x32 with 20 rounds; returns both words, the first one in the high half. */
  private long threefry(int key0, int key1, int count0, int count1) {
    keys[0] = key0;
    keys[1] = key1;
    keys[2] = PARITY ^ key0 ^ key1;
    int x0 = count0 + keys[0];
    int x1 = count1 + keys[1];
    for (int block = 0; block < 5; block++) {
      for (int round = 0; round < 4; round++) {
        x0 += x1;
        x1 = Integer.rotateLeft(x1, ROTATIONS[(block % 2) * 4 + round]) ^ x0;
      }
      x0 += keys[(block + 1) % 3];
      x1 += keys[(block + 2) % 3] + block + 1;
    }
    return ((long) x0 << 32) | (x1 & 0xFFFFFFFFL);
  }
}
