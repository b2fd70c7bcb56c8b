package io.moshimlx.command;

import io.moshimlx.audio.AudioDevice;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.audio.EchoChoice;
import io.moshimlx.audio.FirstFrames;
import io.moshimlx.audio.SystemDefaults;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;

/** What a conversation through microphone and loudspeaker takes; none of it goes with files. */
final class LiveOptions {
  private static final double MAX_DURATION_SECONDS = 1e7;

  @Option(
      names = "--input-device",
      paramLabel = "DEVICE",
      description = "Microphone, by its index or a part of its name; see 'moshi-mlx devices'.")
  private String inputDevice;

  @Option(names = "--output-device", paramLabel = "DEVICE", description = "Loudspeaker, likewise.")
  private String outputDevice;

  @Option(
      names = "--echo-cancellation",
      paramLabel = "auto|on|off",
      converter = EchoConverter.class,
      description =
          "Take what the loudspeaker plays out of what the microphone hears; auto: unless that "
              + "is headphones (default: auto).")
  private Echo echo;

  @Option(
      names = "--record",
      paramLabel = "WAV",
      description = "Record both sides in stereo: the user left, Moshi right.")
  private Path recording;

  @Option(
      names = "--duration",
      paramLabel = "SECONDS",
      description = "End after so many seconds; without it the conversation has no end.")
  private Double duration;

  private enum Echo {
    AUTO,
    ON,
    OFF
  }

  private static final class EchoConverter implements ITypeConverter<Echo> {
    @Override
    public Echo convert(String value) {
      return Choices.choose(value, List.of(Echo.values()), Choices::lowerCase);
    }
  }

  String inputDevice() {
    return inputDevice;
  }

  String outputDevice() {
    return outputDevice;
  }

  /** Whether echo is to be cancelled with this loudspeaker. */
  EchoChoice echo(AudioDevice output, SystemDefaults defaults) {
    return (echo == null || echo == Echo.AUTO)
        ? EchoChoice.automatic(output, defaults)
        : new EchoChoice(echo == Echo.ON, "as --echo-cancellation says");
  }

  /** Where to record, or null. */
  Path recording() {
    return recording;
  }

  /** The microphone, for as long as the conversation is to last. */
  AudioSource limited(AudioSource microphone) {
    return duration == null
        ? microphone
        : new FirstFrames(
            microphone,
            (long) Math.ceil(duration * AudioSource.SAMPLE_RATE / AudioSource.FRAME_SAMPLES));
  }

  /**
   * What is wrong with the values, each as a sentence without its end. Those that the file of
   * defaults gives for conversations do not hinder recordings.
   */
  List<String> faults(boolean live, Given given) {
    List<String> faults = new ArrayList<>();
    if (duration != null && !(duration > 0 && duration <= MAX_DURATION_SECONDS)) {
      faults.add("--duration must be above 0 seconds, not " + duration);
    }
    if (!live) {
      onlyLive(faults, given, "--input-device");
      onlyLive(faults, given, "--output-device");
      onlyLive(faults, given, "--echo-cancellation");
      onlyLive(faults, given, "--record");
      onlyLive(faults, given, "--duration");
    }
    return faults;
  }

  private static void onlyLive(List<String> faults, Given given, String option) {
    if (given.typed(option)) {
      faults.add(option + " goes with a live conversation, not with --input");
    }
  }
}
