package io.moshimlx.command;

import io.moshimlx.mlx.Device;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;

/** Where MLX computes. */
final class DeviceOption {
  @Option(
      names = "--device",
      paramLabel = "cpu|gpu",
      converter = DeviceConverter.class,
      description = {"Compute on the CPU or the GPU.", "The default is the GPU, if there is one."})
  private Device.Type device;

  /** The one that is wanted, if any. */
  Optional<Device.Type> get() {
    return Optional.ofNullable(device);
  }

  /**
   * Makes it the default, before anything is computed.
   *
   * @throws io.moshimlx.mlx.MlxException if there is none
   */
  void choose() {
    get().ifPresent(Device::setDefault);
  }

  private static final class DeviceConverter implements ITypeConverter<Device.Type> {
    @Override
    public Device.Type convert(String value) {
      return Choices.choose(value, List.of(Device.Type.values()), Choices::lowerCase);
    }
  }
}
