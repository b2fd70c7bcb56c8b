package io.moshimlx.doctor;

import io.moshimlx.UserException;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.bench.PaceCheck;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.hub.HubSettings;
import io.moshimlx.mlx.DType;
import io.moshimlx.mlx.Device;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Goes through all that a conversation needs, in the order in which one thing needs another; what
 * depends on something that fails is not looked at.
 */
public final class Doctor {
  private static final String LAUNCHER = "start moshi-mlx with scripts/moshi-mlx, which builds it";
  private static final String DEVICE = "update the system, or use --device cpu";
  private static final String CACHE = "set HF_HUB_CACHE to a folder of yours";
  private static final String SOUND =
      "choose one that 'moshi-mlx devices' lists, or talk through files with 'run --input FILE'";

  private final Choice choice;
  private final Consumer<String> starting;
  private final Consumer<Finding> found;

  /**
   * What the conversation is to be with.
   *
   * @param model finds the model's files; fails as {@link ModelFiles#find} does
   * @param device where to compute; empty for MLX's default
   * @param dtype what to compute in; empty for what suits the device
   * @param inputDevice as {@link io.moshimlx.audio.AudioDevices#input} takes it
   * @param outputDevice likewise
   * @param hub where models are fetched from and kept
   * @param environment of this process
   */
  public record Choice(
      Supplier<ModelFiles> model,
      Optional<Device.Type> device,
      Optional<DType> dtype,
      String inputDevice,
      String outputDevice,
      HubSettings hub,
      Map<String, String> environment) {}

  /**
   * An examination to be made.
   *
   * @param starting told the name of each check before it
   * @param found told what it found
   */
  public Doctor(Choice choice, Consumer<String> starting, Consumer<Finding> found) {
    this.choice = choice;
    this.starting = starting;
    this.found = found;
  }

  /** Makes all checks. */
  public void examine() {
    check("java", LAUNCHER, MachineChecks::java);
    boolean mlx = check("mlx", LAUNCHER, MachineChecks::mlx);
    boolean codec = check("codec", LAUNCHER, MachineChecks::codec);
    boolean device = mlx && check("device", DEVICE, () -> MachineChecks.device(choice.device()));
    if (device) {
      check("kernels", LAUNCHER, KernelCheck::kernels);
      check("memory", DEVICE, MachineChecks::memory);
    }
    check("cache", CACHE, () -> HubChecks.cache(choice.hub()));
    check("disk", CACHE, () -> HubChecks.disk(choice.hub()));
    check("token", "set HF_TOKEN", this::token);
    check("microphone", SOUND, this::microphone);
    check(
        "loudspeaker",
        SOUND,
        () -> SoundChecks.loudspeaker(choice.outputDevice(), choice.environment()));
    if (device && check("model", "choose another --model", this::model) && codec) {
      check("real time", "choose another --model", this::realTime);
    }
  }

  /** Whether it went without a problem. */
  private boolean check(String name, String usualRemedy, Callable<Finding> check) {
    starting.accept(name);
    Finding finding;
    try {
      finding = check.call();
    } catch (Exception | LinkageError e) {
      finding = Finding.of(name, e, usualRemedy);
    }
    found.accept(finding);
    return finding.level() != Finding.Level.PROBLEM;
  }

  private Finding microphone() {
    return SoundChecks.microphone(
        choice.inputDevice(),
        choice.environment(),
        () ->
            starting.accept(
                "microphone, for up to %d s: allow its use where macOS asks"
                    .formatted(SoundChecks.ANSWER_SECONDS)));
  }

  /** One that cannot be read keeps no model that is here from talking. */
  private Finding token() {
    try {
      return HubChecks.token(choice.hub());
    } catch (UserException e) {
      return Finding.of("token", e, "set HF_TOKEN").asWarning();
    }
  }

  private Finding model() {
    return MachineChecks.model(choice.model().get(), choice.dtype());
  }

  private Finding realTime() {
    return realTime(PaceCheck.run(choice.model().get(), choice.dtype()));
  }

  /** What a pace means for a conversation. */
  static Finding realTime(PaceCheck.Pace pace) {
    String times =
        String.format(
            Locale.ROOT,
            "%.0f ms of %d, 95 %% of frames within %.0f",
            pace.medianMs(),
            AudioSource.FRAME_MILLIS,
            pace.p95Ms());
    if (pace.medianMs() > AudioSource.FRAME_MILLIS) {
      return Finding.problem(
          "real time",
          "no, " + times,
          "choose a smaller --quant or a smaller model, or close other programs; a recording can be"
              + " answered all the same");
    }
    return pace.p95Ms() > AudioSource.FRAME_MILLIS
        ? Finding.warning(
            "real time", "just so, " + times, "close other programs, or choose a smaller --quant")
        : Finding.ok("real time", "yes, " + times);
  }
}
