package io.moshimlx.audio;

import io.moshimlx.FakeClock;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.function.BooleanSupplier;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.DataLine;
import javax.sound.sampled.LineUnavailableException;
import javax.sound.sampled.SourceDataLine;
import javax.sound.sampled.TargetDataLine;

/**
 * A device of 24 kHz 16-bit sound, mono by default, that gives, takes, blocks and fails when a test
 * says so.
 *
 * <p>A frame of it has one value throughout, by which it is known.
 */
final class FakeLine {
  private final FakeClock clock;
  private final AudioFormat format;
  private final int frameBytes;

  /** Bytes that a playback line holds. */
  private int capacity;

  private final Queue<Byte> captured = new ArrayDeque<>();
  private final List<Short> played = new ArrayList<>();
  private int content;

  /** Bytes that were played, but that the line does not admit yet. */
  private int lagging;

  private int generation;
  private boolean absent;
  private float next;
  private boolean blocks;
  private boolean blocksClosing;
  private int openings;

  FakeLine(FakeClock clock) {
    this(clock, 1);
  }

  FakeLine(FakeClock clock, int channels) {
    this.clock = clock;
    format = new AudioFormat(24_000, 16, channels, true, false);
    frameBytes = channels * 2 * AudioSource.FRAME_SAMPLES;
    capacity = 2 * frameBytes;
  }

  /** The sample of which frame {@code number} consists. */
  static float value(int number) {
    return (1000 + 8 * number) / 0x1p15f;
  }

  static float[] frame(int number) {
    float[] frame = new float[AudioSource.FRAME_SAMPLES];
    Arrays.fill(frame, value(number));
    return frame;
  }

  /** Captures a frame of one value. */
  synchronized void give(float value) {
    short sample = PcmWriter.pcm16(value);
    for (int i = 0; i < AudioSource.FRAME_SAMPLES; i++) {
      captured.add((byte) sample);
      captured.add((byte) (sample >> 8));
    }
  }

  /** Captures a frame of one value once another line is open. */
  synchronized void giveWhenOpened(float value) {
    next = value;
  }

  /** Captured bytes that nobody has read yet. */
  synchronized int waitingBytes() {
    return captured.size();
  }

  /** How often a line was opened. */
  synchronized int openings() {
    return openings;
  }

  /** Makes a playback line hold so many frames. */
  synchronized void hold(int frames) {
    capacity = frames * frameBytes;
  }

  /** Plays all that the line holds. */
  synchronized void drain() {
    content = 0;
    lagging = 0;
    clock.signal(this);
  }

  /** Plays so many bytes, or all that there are. */
  synchronized void play(int bytes) {
    content = Math.max(0, content - bytes);
    clock.signal(this);
  }

  /** Plays a frame, but for the line's account only a part of it, as PulseAudio may. */
  synchronized void playAndLag(int bytes) {
    content -= frameBytes;
    lagging += bytes;
    clock.signal(this);
  }

  /** The values of the frames that were played or are about to be. */
  synchronized List<Float> played() {
    List<Float> values = new ArrayList<>();
    for (int i = 0; i < played.size(); i += frameBytes / 2) {
      values.add(played.get(i) / 0x1p15f);
    }
    return values;
  }

  /** Every sample that was played or is about to be, those of all channels in turn. */
  synchronized List<Short> playedSamples() {
    return List.copyOf(played);
  }

  /** Ends every line of the device, and lets none be opened until it is plugged in. */
  synchronized void unplug() {
    absent = true;
    generation++;
    captured.clear();
    content = 0;
    clock.signal(this);
  }

  synchronized void plugIn() {
    absent = false;
  }

  /** Makes every call block that opens a line or moves sound. */
  synchronized void block() {
    blocks = true;
  }

  /** Makes every call block that closes a line. */
  synchronized void blockClosing() {
    blocksClosing = true;
  }

  synchronized void unblock() {
    blocks = false;
    blocksClosing = false;
    clock.signal(this);
  }

  private synchronized void awaitWhile(BooleanSupplier blocked) {
    try {
      while (blocked.getAsBoolean()) {
        clock.await(this, FakeClock.FOREVER);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  TargetDataLine openCapture() throws LineUnavailableException {
    return open(TargetDataLine.class);
  }

  SourceDataLine openPlayback() throws LineUnavailableException {
    return open(SourceDataLine.class);
  }

  private <L extends DataLine> L open(Class<L> type) throws LineUnavailableException {
    awaitWhile(() -> blocks);
    int line;
    synchronized (this) {
      if (absent) {
        throw new LineUnavailableException("nothing is plugged in.");
      }
      line = ++generation;
      openings++;
      content = 0;
      captured.clear();
      if (next != 0) {
        give(next);
      }
    }
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) ->
                call(line, type == TargetDataLine.class, method.getName(), arguments)));
  }

  private Object call(int line, boolean capture, String method, Object[] arguments) {
    return switch (method) {
      case "start" -> null;
      case "flush" -> flush();
      case "getFormat" -> format;
      case "getBufferSize" -> capacity;
      case "isOpen" -> isOpen(line);
      case "available" -> capture ? waitingBytes() : room();
      case "read" -> read(line, (byte[]) arguments[0], (int) arguments[1], (int) arguments[2]);
      case "write" -> write(line, (byte[]) arguments[0], (int) arguments[1], (int) arguments[2]);
      case "close" -> close(line);
      default -> throw new UnsupportedOperationException(method);
    };
  }

  private synchronized boolean isOpen(int line) {
    return line == generation;
  }

  private synchronized int room() {
    return Math.max(0, capacity - content - lagging);
  }

  private Void flush() {
    drain();
    return null;
  }

  private synchronized Void close(int line) {
    if (line == generation) {
      generation++;
      clock.signal(this);
    }
    awaitWhile(() -> blocksClosing);
    return null;
  }

  private synchronized int read(int line, byte[] target, int offset, int length) {
    awaitWhile(() -> blocks);
    int count = line == generation ? Math.min(length, captured.size()) : 0;
    for (int i = 0; i < count; i++) {
      target[offset + i] = captured.remove();
    }
    return count;
  }

  private synchronized int write(int line, byte[] source, int offset, int length) {
    awaitWhile(() -> blocks);
    awaitWhile(() -> line == generation && content + length > capacity);
    if (line != generation) {
      return 0;
    }
    content += length;
    for (int i = offset; i < offset + length; i += 2) {
      played.add((short) ((source[i] & 0xff) | (source[i + 1] << 8)));
    }
    return length;
  }
}
