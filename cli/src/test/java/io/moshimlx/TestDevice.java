package io.moshimlx;

import io.moshimlx.mlx.Device;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Has every test in this process compute on the CPU: that is where the goldens were made, and a GPU
 * differs in last bits. JUnit finds it by itself.
 */
public final class TestDevice implements BeforeAllCallback, BeforeEachCallback {

  @Override
  public void beforeAll(ExtensionContext context) {
    Device.setDefault(Device.Type.CPU);
  }

  /** A test may have chosen another. */
  @Override
  public void beforeEach(ExtensionContext context) {
    Device.setDefault(Device.Type.CPU);
  }

  /** Has the rest of a test compute where a user's machine would. */
  public static void usual() {
    Device.setDefault(Device.isAvailable(Device.Type.GPU) ? Device.Type.GPU : Device.Type.CPU);
  }
}
