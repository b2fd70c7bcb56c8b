package io.moshimlx.command;

import picocli.CommandLine.Option;

/** Whether a model that is not here may be fetched. */
final class FetchOptions {
  @Option(
      names = "--yes",
      fallbackValue = "true",
      description =
          "Fetch a model that is not here without asking; needed where nobody can be asked.")
  private boolean yes;

  @Option(
      names = "--offline",
      fallbackValue = "true",
      description = "Never touch the network: use what is here, or fail.")
  private boolean offline;

  boolean yes() {
    return yes;
  }

  boolean offline() {
    return offline;
  }
}
