package io.moshimlx.command;

import io.moshimlx.mimi.Mimi;
import io.moshimlx.mlx.Device;
import io.moshimlx.mlx.Mlx;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Properties;
import java.util.function.Supplier;
import picocli.CommandLine.IVersionProvider;

/** The versions of the tool and its parts; a part that does not load has its error instead. */
final class Versions {
  private Versions() {}

  /** For picocli. */
  static final class Provider implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return lines();
    }
  }

  static String[] lines() {
    return new String[] {
      "moshi-mlx %s".formatted(build()),
      "MLX       %s".formatted(orFault(Mlx::version)),
      "mlx-c     %s"
          .formatted(
              orFault(() -> "mlx-sys " + Mlx.mlxSysVersion() + " (" + Mlx.libraryPath() + ")")),
      "codec     %s".formatted(orFault(() -> "crate moshi " + Mimi.version())),
      "JVM       %s %s".formatted(System.getProperty("java.vm.vendor"), Runtime.version()),
      "device    %s".formatted(orFault(Device::describe)),
      "system    %s".formatted(String.join(" ", system())),
    };
  }

  /**
   * The build.
   *
   * @param commit empty if the build did not know it, as is the date
   * @param date that of the commit
   */
  record Build(String version, String commit, String date) {
    @Override
    public String toString() {
      return commit.isEmpty() ? version : "%s (%s, %s)".formatted(version, commit, date);
    }
  }

  /** Reads the values that the build filled in. */
  static Build build() {
    Properties properties = new Properties();
    try (InputStream in = Versions.class.getResourceAsStream("version.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Build(
        properties.getProperty("version"),
        properties.getProperty("commit"),
        properties.getProperty("date"));
  }

  private static List<String> system() {
    return List.of("os.name", "os.version", "os.arch").stream().map(System::getProperty).toList();
  }

  private static String orFault(Supplier<String> version) {
    try {
      return version.get();
    } catch (RuntimeException | LinkageError e) {
      return "not available: " + e.getMessage();
    }
  }
}
