package io.moshimlx.audio;

import io.moshimlx.OperatingSystem;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The devices that "default" stands for: javax.sound does not say which they are, the system does.
 *
 * @param input empty where it is not known
 * @param output likewise
 */
public record SystemDefaults(Optional<SystemDevice> input, Optional<SystemDevice> output) {
  static final SystemDefaults UNKNOWN = new SystemDefaults(Optional.empty(), Optional.empty());

  private static final long PATIENCE_MILLIS = 3_000;

  /**
   * Asks the system; for 3 seconds at most.
   *
   * @param environment of this process
   */
  public static SystemDefaults ask(Map<String, String> environment) {
    return ask(environment, PATIENCE_MILLIS);
  }

  static SystemDefaults ask(Map<String, String> environment, long millis) {
    SystemTools tools = new SystemTools(environment, millis);
    return OperatingSystem.isMac()
        ? MacSound.defaults(tools)
        : new LinuxSound(environment).defaults(tools);
  }

  /** Asks the system on a thread of its own. */
  public static CompletableFuture<SystemDefaults> asking(Map<String, String> environment) {
    return CompletableFuture.supplyAsync(
        () -> ask(environment), task -> Thread.ofPlatform().daemon().name("defaults").start(task));
  }

  /** The device behind one that only stands for the default; empty where that is not known. */
  public Optional<SystemDevice> behind(AudioDevice device) {
    if (!device.standsForDefault()) {
      return Optional.empty();
    }
    return device.direction() == AudioDevice.Direction.INPUT ? input : output;
  }

  /** The name of a device, or of the one that it stands for. */
  public String nameOf(AudioDevice device) {
    return behind(device).map(SystemDevice::name).orElse(device.name());
  }
}
