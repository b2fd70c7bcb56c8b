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
 * Checks everything that a conversation needs, in the order of dependence. A check that depends on
 * a failed one is left out.
 */
public final class Doctor {
  private static final String LAUNCHER = "start moshi-mlx with scripts/moshi-mlx, which builds it";
  private static final String DEVICE = "update the system, or use --device cpu";
  private static final String CACHE = "set HF_HUB_CACHE to a folder of yours";
  private static final String SOUND =
      "choose one that 'moshi-mlx devices' lists, or use recordings with 'run --input FILE'";

  private final Choice choice;
  private final Consumer<String> starting;
  private final Consumer<Finding> found;

  /**
   * The parts of the conversation to check.
   *
   * @param model finds the model's files; fails as {@link ModelFiles#find} does
   * @param device where to compute; empty for MLX's default
   * @param dtype the number type to compute in; empty for the device's default
   * @param inputDevice as {@link io.moshimlx.audio.AudioDevices#input} takes it
   * @param outputDevice as {@link io.moshimlx.audio.AudioDevices#output} takes it
   * @param hub where models are downloaded from and kept
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
   * An examination.
   *
   * @param starting receives the name of each check before it
   * @param found receives each finding
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

  /** Makes a check; returns whether there was no problem. */
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

  /** A token that cannot be read is no problem for downloaded models. */
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

  /** Judges a pace. */
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
          "choose a smaller --quant or a smaller model, or close other programs; recordings can be"
              + " answered anyway");
    }
    return pace.p95Ms() > AudioSource.FRAME_MILLIS
        ? Finding.warning(
            "real time",
            "borderline, " + times,
            "close other programs, or choose a smaller --quant")
        : Finding.ok("real time", "yes, " + times);
  }
}
