package io.moshimlx.command;

import io.moshimlx.terminal.Terminal;

/** Where the process starts. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    System.exit(MoshiMlx.execute(Terminal.ofProcess(), arguments));
  }
}
