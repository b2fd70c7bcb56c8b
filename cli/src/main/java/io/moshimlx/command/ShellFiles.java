package io.moshimlx.command;

import io.moshimlx.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** Writes the man pages and completions of an installation, from the command definitions. */
public final class ShellFiles {
  private ShellFiles() {}

  /** Takes the folder that they go to, the {@code share} of an installation. */
  public static void main(String[] arguments) throws IOException {
    Path share = Path.of(arguments[0]);
    CommandSpec root =
        new CommandLine(new MoshiMlx(Terminal.ofProcess(), Map.of())).getCommandSpec();
    Completions completions = new Completions(root);
    write(share.resolve("bash-completion/completions/moshi-mlx"), completions.bash());
    write(share.resolve("zsh/site-functions/_moshi-mlx"), completions.zsh());
    write(share.resolve("fish/vendor_completions.d/moshi-mlx.fish"), completions.fish());
    Versions.Build build = Versions.build();
    ManPages pages = new ManPages(build.version(), build.date());
    for (CommandSpec command : Arguments.commands(root)) {
      write(share.resolve("man/man1/" + ManPages.name(command) + ".1"), pages.page(command));
    }
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
