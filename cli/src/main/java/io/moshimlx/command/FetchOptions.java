package io.moshimlx.command;

import picocli.CommandLine.Option;

/** Whether a missing model may be downloaded. */
final class FetchOptions {
  @Option(
      names = "--yes",
      fallbackValue = "true",
      description = {"Do not ask before a download.", "Required when not run from a terminal."})
  private boolean yes;

  @Option(
      names = "--offline",
      fallbackValue = "true",
      description = {"Never use the network.", "The command fails if the model is not downloaded."})
  private boolean offline;

  boolean yes() {
    return yes;
  }

  boolean offline() {
    return offline;
  }
}
