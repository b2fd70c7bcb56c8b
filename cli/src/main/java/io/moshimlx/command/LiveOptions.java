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

/** Options of a conversation through microphone and loudspeaker; none goes with files. */
final class LiveOptions {
  private static final double MAX_DURATION_SECONDS = 1e7;

  @Option(
      names = "--input-device",
      paramLabel = "DEVICE",
      description = {
        "Microphone, by index or part of name.",
        "'moshi-mlx devices' lists the microphones."
      })
  private String inputDevice;

  @Option(
      names = "--output-device",
      paramLabel = "DEVICE",
      description = "Loudspeaker, chosen in the same way.")
  private String outputDevice;

  @Option(
      names = "--echo-cancellation",
      paramLabel = "auto|on|off",
      converter = EchoConverter.class,
      description = {
        "Remove echo from the microphone.",
        "Takes the sound of the loudspeaker out of what the microphone hears. The default, auto, "
            + "does so unless the loudspeaker is headphones."
      })
  private Echo echo;

  @Option(
      names = "--record",
      paramLabel = "WAV",
      description = {
        "Record both sides in stereo.",
        "The user is on the left, Moshi on the right, aligned to the frame. The file can be "
            + "played even if the process is killed."
      })
  private Path recording;

  @Option(
      names = "--duration",
      paramLabel = "SECONDS",
      description = {
        "End the conversation after this time.",
        "Without this option a conversation has no time limit."
      })
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

  /** Whether to cancel echo with this loudspeaker. */
  EchoChoice echo(AudioDevice output, SystemDefaults defaults) {
    return (echo == null || echo == Echo.AUTO)
        ? EchoChoice.automatic(output, defaults)
        : new EchoChoice(echo == Echo.ON, "as --echo-cancellation says");
  }

  /** The file to record to, or null. */
  Path recording() {
    return recording;
  }

  /** The microphone, limited to the duration of the conversation. */
  AudioSource limited(AudioSource microphone) {
    return duration == null
        ? microphone
        : new FirstFrames(
            microphone,
            (long) Math.ceil(duration * AudioSource.SAMPLE_RATE / AudioSource.FRAME_SAMPLES));
  }

  /**
   * Faults of the values, each a sentence without full stop. Values for conversations that come
   * from the defaults file do not stop a run with a recording.
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
