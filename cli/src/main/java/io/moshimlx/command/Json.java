package io.moshimlx.command;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;

/** What {@code --json} prints. */
final class Json {
  private static final Gson GSON =
      new GsonBuilder()
          .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES)
          .setPrettyPrinting()
          .disableHtmlEscaping()
          .create();

  private Json() {}

  /**
   * An object over several lines, the last one ended too.
   *
   * @param output a record, whose components are the fields, named with underscores; null leaves
   *     one out
   */
  static String text(Record output) {
    return GSON.toJson(output) + "\n";
  }
}
