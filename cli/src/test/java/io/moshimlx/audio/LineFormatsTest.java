package io.moshimlx.audio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.moshimlx.audio.AudioDevice.Direction;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioSystem;
import javax.sound.sampled.DataLine;
import javax.sound.sampled.Line;
import javax.sound.sampled.LineUnavailableException;
import javax.sound.sampled.TargetDataLine;
import org.junit.jupiter.api.Test;

class LineFormatsTest {
  private final List<AudioFormat> tried = new ArrayList<>();
  private int bufferBytes;

  private static Line.Info[] offering(AudioFormat... formats) {
    return new Line.Info[] {
      new Line.Info(TargetDataLine.class), new DataLine.Info(TargetDataLine.class, formats, 1, 1)
    };
  }

  private String open(Predicate<AudioFormat> supported, AudioFormat... offered)
      throws LineUnavailableException {
    return open(Direction.INPUT, supported, offered);
  }

  private String open(Direction direction, Predicate<AudioFormat> supported, AudioFormat... offered)
      throws LineUnavailableException {
    AudioFormat format =
        LineFormats.open(
            direction,
            offering(offered),
            (candidate, bytes) -> {
              tried.add(candidate);
              if (!supported.test(candidate)) {
                throw new IllegalArgumentException();
              }
              bufferBytes = bytes;
              return candidate;
            });
    return "%.0f %d %d %s"
        .formatted(
            format.getSampleRate(),
            format.getSampleSizeInBits(),
            format.getChannels(),
            format.isBigEndian() ? "big" : "little");
  }

  @Test
  void theNearestFormatThatADeviceTakesIsUsed() throws Exception {
    assertEquals("24000 16 1 little", open(format -> true));
    assertEquals(7680 * 2, bufferBytes);
    assertEquals(1, tried.size());
    assertEquals("24000 16 2 little", open(format -> format.getChannels() == 2));
    assertEquals("48000 16 1 little", open(format -> format.getSampleRate() != 24000));
    assertEquals(
        "44100 24 2 little",
        open(format ->
            format.getSampleRate() == 44100
                && format.getChannels() == 2
                && format.getSampleSizeInBits() == 24));
    assertEquals(14112 * 6, bufferBytes);
  }

  @Test
  void playbackIsStereoWhereItCanBe() throws Exception {
    assertEquals("24000 16 2 little", open(Direction.OUTPUT, format -> true));
    assertEquals(3840 * 4, bufferBytes);
    assertEquals(1, tried.size());
    assertEquals("24000 16 1 little", open(Direction.OUTPUT, format -> format.getChannels() == 1));
    // A rate that has to be resampled is worse than a second channel that is missing.
    assertEquals(
        "24000 16 1 little",
        open(
            Direction.OUTPUT,
            format -> format.getChannels() == 1 || format.getSampleRate() != 24000));
  }

  @Test
  void whatADeviceOffersItselfIsTriedLast() throws Exception {
    AudioFormat padded =
        new AudioFormat(AudioFormat.Encoding.PCM_SIGNED, 48000, 24, 2, 8, 48000, false);
    AudioFormat eightBits = new AudioFormat(48000, 8, 4, true, true);
    AudioFormat anyRate = new AudioFormat(AudioSystem.NOT_SPECIFIED, 32, 4, true, true);
    AudioFormat oneRate = new AudioFormat(88200, 16, 6, true, true);
    assertEquals(
        "48000 32 4 big",
        open(
            format -> format.getChannels() == 4 && format.getSampleRate() == 48000,
            padded,
            eightBits,
            anyRate));
    assertEquals("88200 16 6 big", open(format -> format.getChannels() == 6, anyRate, oneRate));
  }

  @Test
  void aDeviceThatOpensInNoFormatSaysWhy() {
    assertEquals(
        "it has no format of linear 16, 24 or 32-bit samples",
        assertThrows(DeviceUnavailableException.class, () -> open(format -> false)).getMessage());
    LineUnavailableException e =
        assertThrows(
            LineUnavailableException.class,
            () ->
                LineFormats.open(
                    Direction.INPUT,
                    offering(),
                    (format, bytes) -> {
                      throw new LineUnavailableException(format.getChannels() + " busy");
                    }));
    assertEquals("1 busy", e.getMessage());
  }

  @Test
  void aFormatIsToldInWords() {
    assertEquals(
        "24 kHz, 1 channel, 16 bits",
        LineFormats.describe(new AudioFormat(24_000, 16, 1, true, false)));
    assertEquals(
        "44.1 kHz, 2 channels, 24 bits",
        LineFormats.describe(new AudioFormat(44_100, 24, 2, true, false)));
  }
}
