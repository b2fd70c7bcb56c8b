package io.moshimlx.mlx;

import java.util.stream.Stream;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Has each test of a class compute on the CPU, unless the test chooses itself: that is where the
 * goldens were made, and where memory is freed at once.
 */
final class Devices implements BeforeEachCallback {

  @Override
  public void beforeEach(ExtensionContext context) {
    Device.setDefault(Device.Type.CPU);
  }

  /** Those of this machine. */
  static Stream<Device.Type> all() {
    return Stream.of(Device.Type.values()).filter(Device::isAvailable);
  }
}
