package io.moshimlx;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A JSON object of a file, read value by value; every fault names the file and the key. */
public final class JsonConfig {
  private static final Gson GSON =
      new GsonBuilder().setPrettyPrinting().serializeNulls().disableHtmlEscaping().create();

  private final Path file;
  private final String prefix;
  private final JsonObject object;

  private JsonConfig(Path file, String prefix, JsonObject object) {
    this.file = file;
    this.prefix = prefix;
    this.object = object;
  }

  public static JsonConfig read(Path file) {
    StandIn.refuseText(file);
    try (JsonReader reader = new JsonReader(Files.newBufferedReader(file))) {
      reader.setStrictness(Strictness.STRICT);
      if (JsonParser.parseReader(reader) instanceof JsonObject object) {
        return new JsonConfig(file, "", object);
      }
    } catch (IOException | JsonParseException | StackOverflowError e) {
      throw new UserException(file + " is not valid JSON", "download the model again", e);
    }
    throw new UserException(file + " does not hold a JSON object", "download the model again");
  }

  /** Whether the key is there with a value other than null. */
  public boolean has(String key) {
    JsonElement value = object.get(key);
    return value != null && !value.isJsonNull();
  }

  /** The text of the object with another value of one key. */
  public String textWith(String key, String value) {
    JsonObject changed = object.deepCopy();
    changed.addProperty(key, value);
    return GSON.toJson(changed) + "\n";
  }

  boolean isEmpty() {
    return object.isEmpty();
  }

  /** The keys, in the order of the file. */
  public List<String> keys() {
    return List.copyOf(object.keySet());
  }

  public boolean isObject(String key) {
    return object.get(key) instanceof JsonObject;
  }

  public JsonConfig requireObject(String key) {
    return object(key).orElseThrow(() -> fault(key, "is missing"));
  }

  public Optional<JsonConfig> object(String key) {
    if (!has(key)) {
      return Optional.empty();
    }
    if (object.get(key) instanceof JsonObject child) {
      return Optional.of(new JsonConfig(file, prefix + key + ".", child));
    }
    throw fault(key, "must be an object");
  }

  public int integer(String key, int min, int max) {
    return integer(key, require(key), min, max);
  }

  public int integer(String key, int fallback, int min, int max) {
    return has(key) ? integer(key, min, max) : fallback;
  }

  public int[] integers(String key, int min, int max) {
    if (!(require(key) instanceof JsonArray array)) {
      throw fault(key, "must be a list of numbers");
    }
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = integer(key + "[" + i + "]", array.get(i), min, max);
    }
    return values;
  }

  private int integer(String key, JsonElement element, int min, int max) {
    double value = number(key, element);
    if (value != Math.rint(value) || value < min || value > max) {
      throw fault(
          key, "is %s, but must be a whole number from %d to %d".formatted(element, min, max));
    }
    return (int) value;
  }

  public double number(String key, double fallback, double min, double max) {
    if (!has(key)) {
      return fallback;
    }
    double value = number(key, require(key));
    if (!(value >= min && value <= max)) {
      throw fault(key, "is %s, but must be from %s to %s".formatted(object.get(key), min, max));
    }
    return value;
  }

  private double number(String key, JsonElement element) {
    if (element instanceof JsonPrimitive primitive && primitive.isNumber()) {
      return primitive.getAsDouble();
    }
    throw fault(key, "must be a number");
  }

  public boolean bool(String key, boolean fallback) {
    if (!has(key)) {
      return fallback;
    }
    if (object.get(key) instanceof JsonPrimitive primitive && primitive.isBoolean()) {
      return primitive.getAsBoolean();
    }
    throw fault(key, "must be true or false");
  }

  public String string(String key) {
    if (require(key) instanceof JsonPrimitive primitive && primitive.isString()) {
      return primitive.getAsString();
    }
    throw fault(key, "must be a string");
  }

  public List<String> strings(String key) {
    String what = "must be a list of strings";
    if (!(require(key) instanceof JsonArray array)) {
      throw fault(key, what);
    }
    List<String> values = new ArrayList<>();
    for (JsonElement element : array) {
      if (!(element instanceof JsonPrimitive primitive && primitive.isString())) {
        throw fault(key, what);
      }
      values.add(primitive.getAsString());
    }
    return values;
  }

  public Optional<String> optionalString(String key) {
    return has(key) ? Optional.of(string(key)) : Optional.empty();
  }

  /** A plain file name beside this file: a path that leads elsewhere is refused. */
  public Optional<Path> sibling(String key) {
    return optionalString(key)
        .map(name -> {
          boolean plain =
              !name.isBlank()
                  && name.chars().noneMatch(c -> c == '/' || c == '\\' || c < ' ')
                  && !name.equals(".")
                  && !name.equals("..");
          if (!plain) {
            throw fault(key, "must be the plain name of a file in the model's folder");
          }
          return file.resolveSibling(name);
        });
  }

  /** The error for a value that cannot be used: "FILE: KEY WHAT". */
  public UserException fault(String key, String what) {
    return fault(key, what, "correct the file, or download the model again");
  }

  private UserException fault(String key, String what, String remedy) {
    return new UserException("%s: %s%s %s".formatted(file, prefix, key, what), remedy);
  }

  /** The error for a value that other members of Moshi's family have. */
  public UserException unsupported(String key, String value) {
    return fault(
        key, "is '" + value + "', which this version does not support", "choose another model");
  }

  private JsonElement require(String key) {
    if (!has(key)) {
      throw fault(key, "is missing");
    }
    return object.get(key);
  }
}
