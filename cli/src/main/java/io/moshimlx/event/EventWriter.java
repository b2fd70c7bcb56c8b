package io.moshimlx.event;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonWriter;
import io.moshimlx.UserException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Writes events as one JSON object a line, in UTF-8, flushed after each. */
public final class EventWriter implements EventSink, AutoCloseable {
  private static final Gson GSON =
      new GsonBuilder()
          .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES)
          .registerTypeAdapter(Double.class, new Decimal())
          .serializeNulls()
          .disableHtmlEscaping()
          .create();

  private final String name;
  private final OutputStream out;

  /** The file to close, or null. */
  private final FileChannel owned;

  private boolean begun;

  private EventWriter(String name, OutputStream out, FileChannel owned) {
    this.name = name;
    this.out = new BufferedOutputStream(out);
    this.owned = owned;
  }

  /**
   * A writer into a file; the first event replaces its content.
   *
   * @throws UserException if it cannot be written
   */
  public static EventWriter create(Path path) {
    try {
      FileChannel file =
          FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      return new EventWriter(path.toString(), Channels.newOutputStream(file), file);
    } catch (IOException e) {
      throw UserException.cannotWrite(path, e, "choose another place for --events");
    }
  }

  /**
   * A writer to a stream that is already open and stays open.
   *
   * @param name what errors call it, e.g. "stdout"
   */
  public static EventWriter to(OutputStream stream, String name) {
    return new EventWriter(name, stream, null);
  }

  @Override
  public void accept(Event event) {
    JsonObject line = new JsonObject();
    line.addProperty("type", event.type());
    GSON.toJsonTree(event).getAsJsonObject().asMap().forEach(line::add);
    try {
      if (!begun && owned != null && owned.size() > 0) {
        owned.truncate(0);
      }
      begun = true;
      out.write(GSON.toJson(line).getBytes(StandardCharsets.UTF_8));
      out.write('\n');
      out.flush();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  @Override
  public void close() {
    try {
      if (owned != null) {
        owned.close();
      }
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private UserException failure(IOException e) {
    return UserException.cannotWriteOn(name, e);
  }

  /** Numbers of at most three decimals; JSON has none for NaN and infinity, which become null. */
  private static final class Decimal extends TypeAdapter<Double> {
    @Override
    public void write(JsonWriter out, Double value) throws IOException {
      if (Double.isFinite(value)) {
        out.value(Math.rint(value * 1000) / 1000);
      } else {
        out.nullValue();
      }
    }

    @Override
    public Double read(JsonReader in) throws IOException {
      return in.nextDouble();
    }
  }
}
