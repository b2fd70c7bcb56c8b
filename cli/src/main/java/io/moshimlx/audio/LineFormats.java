package io.moshimlx.audio;

import io.moshimlx.audio.AudioDevice.Direction;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioFormat.Encoding;
import javax.sound.sampled.AudioSystem;
import javax.sound.sampled.DataLine;
import javax.sound.sampled.Line;
import javax.sound.sampled.LineUnavailableException;
import javax.sound.sampled.Mixer;
import javax.sound.sampled.SourceDataLine;
import javax.sound.sampled.TargetDataLine;

/**
 * Opens a device's lines in the first format that it takes, the nearest to 24 kHz 16-bit first.
 *
 * <p>Sound is captured in mono where that can be had, and played in stereo: what macOS plays of a
 * mono line comes out of the left side only.
 *
 * <p>Always with a buffer of stated size: that of javax.sound's choice holds half a second.
 */
final class LineFormats {
  /**
   * Sound that a capture line's buffer holds: four frames, so that nothing is lost while the
   * process is held up. It costs no time, as sound is fetched as it comes.
   */
  static final double CAPTURE_SECONDS = 0.32;

  /** Sound that a playback line's buffer holds: two frames. */
  static final double PLAYBACK_SECONDS = 0.16;

  private static final int[] RATES = {AudioSource.SAMPLE_RATE, 48_000, 44_100, 96_000, 16_000};
  private static final int[] BITS = {16, 24, 32};

  /** Opens a line in one format; an IllegalArgumentException says that the device has it not. */
  @FunctionalInterface
  interface FormatOpener<L> {
    L open(AudioFormat format, int bufferBytes) throws LineUnavailableException;
  }

  private LineFormats() {}

  /** Opens a microphone's line; it is not started yet. */
  static TargetDataLine capture(AudioDevice device) throws LineUnavailableException {
    Mixer mixer = AudioDevices.mixer(device);
    return open(
        Direction.INPUT,
        mixer.getTargetLineInfo(),
        (format, bytes) -> {
          TargetDataLine line =
              (TargetDataLine) mixer.getLine(new DataLine.Info(TargetDataLine.class, format));
          line.open(format, bytes);
          return line;
        });
  }

  /** Opens a loudspeaker's line; it is not started yet. */
  static SourceDataLine playback(AudioDevice device) throws LineUnavailableException {
    Mixer mixer = AudioDevices.mixer(device);
    return open(
        Direction.OUTPUT,
        mixer.getSourceLineInfo(),
        (format, bytes) -> {
          SourceDataLine line =
              (SourceDataLine) mixer.getLine(new DataLine.Info(SourceDataLine.class, format));
          line.open(format, bytes);
          return line;
        });
  }

  /** A format in words: "24 kHz, 1 channel, 16 bits". */
  static String describe(AudioFormat format) {
    int channels = format.getChannels();
    return String.format(
        Locale.ROOT,
        "%s kHz, %d %s, %d bits",
        new BigDecimal(Math.round(format.getSampleRate()))
            .movePointLeft(3)
            .stripTrailingZeros()
            .toPlainString(),
        channels,
        channels == 1 ? "channel" : "channels",
        format.getSampleSizeInBits());
  }

  /** Opens a line in a usual format, or else in one that the device itself offers. */
  static <L> L open(Direction direction, Line.Info[] lines, FormatOpener<L> opener)
      throws LineUnavailableException {
    boolean input = direction == Direction.INPUT;
    double bufferSeconds = input ? CAPTURE_SECONDS : PLAYBACK_SECONDS;
    L line = first(input ? usual(1, 2) : usual(2, 1), bufferSeconds, opener);
    if (line == null) {
      line = first(offered(lines), bufferSeconds, opener);
    }
    if (line == null) {
      throw new DeviceUnavailableException("it has no format of linear 16, 24 or 32-bit samples");
    }
    return line;
  }

  /**
   * Opens a line in the first format that it takes; null where the device has none of them.
   *
   * @throws LineUnavailableException the first failure, if the device has some but opens in none
   */
  private static <L> L first(
      Stream<AudioFormat> formats, double bufferSeconds, FormatOpener<L> opener)
      throws LineUnavailableException {
    LineUnavailableException failure = null;
    for (AudioFormat format : (Iterable<AudioFormat>) formats::iterator) {
      int bufferFrames = (int) Math.round(bufferSeconds * format.getFrameRate());
      try {
        return opener.open(format, bufferFrames * format.getFrameSize());
      } catch (IllegalArgumentException e) {
        // Not one of this device's formats.
      } catch (LineUnavailableException e) {
        failure = failure == null ? e : failure;
      }
    }
    if (failure != null) {
      throw failure;
    }
    return null;
  }

  private static Stream<AudioFormat> usual(int... channelCounts) {
    return Arrays.stream(BITS)
        .boxed()
        .flatMap(bits ->
            Arrays.stream(RATES)
                .boxed()
                .flatMap(rate ->
                    IntStream.of(channelCounts)
                        .mapToObj(channels -> new AudioFormat(rate, bits, channels, true, false))));
  }

  private static Stream<AudioFormat> offered(Line.Info... lines) {
    return Arrays.stream(lines)
        .filter(DataLine.Info.class::isInstance)
        .flatMap(line -> Arrays.stream(((DataLine.Info) line).getFormats()))
        .filter(LineFormats::isUsable)
        .flatMap(LineFormats::withRates);
  }

  private static boolean isUsable(AudioFormat format) {
    int bits = format.getSampleSizeInBits();
    return format.getEncoding().equals(Encoding.PCM_SIGNED)
        && Arrays.stream(BITS).anyMatch(usable -> usable == bits)
        && format.getFrameSize() == format.getChannels() * bits / 8;
  }

  private static Stream<AudioFormat> withRates(AudioFormat offered) {
    int own = Math.round(offered.getSampleRate());
    int[] rates = own == AudioSystem.NOT_SPECIFIED ? RATES : new int[] {own};
    return Arrays.stream(rates)
        .mapToObj(rate ->
            new AudioFormat(
                rate,
                offered.getSampleSizeInBits(),
                offered.getChannels(),
                true,
                offered.isBigEndian()));
  }
}
