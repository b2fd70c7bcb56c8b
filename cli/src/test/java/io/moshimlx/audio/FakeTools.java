package io.moshimlx.audio;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** An environment with programs of a test's own, and no others, on its PATH. */
public final class FakeTools {
  private final Path folder;
  private final Map<String, String> environment = new HashMap<>();

  public FakeTools(Path folder) {
    this.folder = folder;
    environment.put("PATH", folder.toString());
  }

  /** Puts a program in place: the lines of a shell script. */
  public FakeTools tool(String name, String script) throws IOException {
    Path file = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + script + "\n");
    if (!file.toFile().setExecutable(true)) {
      throw new IOException(file + " cannot be made executable");
    }
    return this;
  }

  /** Puts a program in place that prints a text for each list of arguments. */
  public FakeTools printing(String name, Map<String, String> texts) throws IOException {
    StringBuilder script = new StringBuilder("PATH=/usr/bin:/bin\ncase \"$*\" in\n");
    for (Map.Entry<String, String> text : texts.entrySet()) {
      Path file = Files.createTempFile(folder, name, ".txt");
      Files.writeString(file, text.getValue());
      script.append("\"%s\") cat '%s' ;;\n".formatted(text.getKey(), file));
    }
    return tool(name, script.append("*) exit 1 ;;\nesac").toString());
  }

  public FakeTools variable(String name, Path value) {
    environment.put(name, value.toString());
    return this;
  }

  /** Makes the folder of a session's sockets, with one of this name in it. */
  public FakeTools socket(String name) throws IOException {
    Path runtime = folder.resolve("run");
    Path socket = runtime.resolve(name);
    Files.createDirectories(socket.getParent());
    Files.createFile(socket);
    return variable("XDG_RUNTIME_DIR", runtime);
  }

  public Map<String, String> environment() {
    return Map.copyOf(environment);
  }
}
