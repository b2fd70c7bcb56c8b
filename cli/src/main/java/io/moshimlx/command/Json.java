package io.moshimlx.command;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;

/** What {@code --json} prints. */
final class Json {
  private static final Gson GSON =
      new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

  private Json() {}

  /** An object over several lines, the last one ended too. */
  static String text(JsonObject object) {
    return GSON.toJson(object) + "\n";
  }
}
