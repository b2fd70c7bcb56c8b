package io.moshimlx.command;

import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** Distinguishes options that the user typed from those of the defaults file. */
final class Given {
  private final CommandSpec spec;

  /** The options of a command that is being executed. */
  Given(CommandSpec spec) {
    this.spec = spec;
  }

  boolean typed(String option) {
    return spec.commandLine().getParseResult().hasMatchedOption(option);
  }

  boolean anyTyped(List<String> options) {
    return options.stream().anyMatch(this::typed);
  }

  /** The value of an option if the user typed it, else null. */
  <T> T ifTyped(String option, T value) {
    return typed(option) ? value : null;
  }
}
