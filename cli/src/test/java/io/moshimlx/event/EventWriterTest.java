package io.moshimlx.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.moshimlx.UserException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class EventWriterTest {
  private static final Event WARNING = new WarningEvent("slow", "too slow");

  @TempDir Path folder;

  private static String line(Event event) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    EventWriter.to(out, "stdout").accept(event);
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aSession() {
    SessionEvent session = new SessionEvent("demo", "q4", null, 299792458, 24000, 1920);
    assertEquals(
        """
        {"type":"session","schema":1,"model":"demo","quant":"q4","voice":null,"seed":299792458,\
        "input_device":null,"output_device":null,"echo_cancellation":null,\
        "echo_cancellation_reason":null,"sample_rate":24000,"frame_samples":1920}
        """,
        line(session));
    assertEquals(
        """
        {"type":"session","schema":1,"model":"demo","quant":"q4","voice":null,"seed":299792458,\
        "input_device":"Mic","output_device":"AirPods","echo_cancellation":false,\
        "echo_cancellation_reason":"worn","sample_rate":24000,"frame_samples":1920}
        """,
        line(session.live("Mic", "AirPods", false, "worn")));
  }

  @Test
  void aFrame() {
    FrameEvent.Timings ms = new FrameEvent.Timings(1.23456, 20, 3.5, 24.73456);
    assertEquals(
        """
        {"type":"frame","n":2,"user_tokens":[1,2],"text_token":7,"text":" <é> 😀","audio_tokens":[3,4],\
        "ms":{"encode":1.235,"model":20.0,"decode":3.5,"total":24.735},"lag_ms":0.0}
        """,
        line(new FrameEvent(2, new int[] {1, 2}, 7, " <é> 😀", new int[] {3, 4}, ms, 0)));
  }

  @Test
  void whatIsNotThereIsNull() {
    FrameEvent.Timings ms = new FrameEvent.Timings(Double.POSITIVE_INFINITY, 1, 1, 1);
    assertEquals(
        """
        {"type":"frame","n":0,"user_tokens":[],"text_token":3,"text":"","audio_tokens":null,\
        "ms":{"encode":null,"model":1.0,"decode":1.0,"total":1.0},"lag_ms":null}
        """,
        line(new FrameEvent(0, new int[0], 3, "", null, ms, Double.NaN)));
  }

  @Test
  void aWarningAndAnEnd() {
    assertEquals(
        "{\"type\":\"warning\",\"code\":\"slow\",\"message\":\"too slow\"}\n", line(WARNING));
    assertEquals(
        """
        {"type":"end","frames":25,"reason":"input_ended","stats":{"audio_seconds":2.0,"wall_seconds":1.0,\
        "real_time_factor":0.5,"ms_median":39.5,"ms_p95":41.0,"sanitized_samples":0,"peak_memory_bytes":12,\
        "dropped_frames":3,"underruns":4,"overrun_frames":5,"outages":6}}
        """,
        line(
            new EndEvent(
                25,
                EndReason.INPUT_ENDED,
                new SessionStats(2, 1, 0.5, 39.5, 41, 0, 12, 3, 4, 5, 6))));
  }

  @Test
  void eachEventIsInTheFileAtOnceAndAFormerFileIsGoneWithTheFirst() throws IOException {
    String former = "former\nlines\nof it\n".repeat(100);
    Path path = Files.writeString(folder.resolve("events.jsonl"), former);
    try (EventWriter writer = EventWriter.create(path)) {
      assertEquals(former, Files.readString(path));
      writer.accept(WARNING);
      assertEquals(1, Files.readAllLines(path).size());
      writer.accept(WARNING);
      assertEquals(List.of(line(WARNING).strip(), line(WARNING).strip()), Files.readAllLines(path));
    }
  }

  @Test
  void aFileThatCannotBeWrittenIsNamed() {
    Path path = folder.resolve("none/events.jsonl");
    assertEquals(
        "%s cannot be written: the folder %s/none does not exist; choose another place for --events"
            .formatted(path, folder),
        assertThrows(UserException.class, () -> EventWriter.create(path)).getMessage());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aFullDiskIsNamed() {
    EventWriter writer = EventWriter.create(Path.of("/dev/full"));
    assertEquals(
        "/dev/full can no longer be written: No space left on device; choose another place for it",
        assertThrows(UserException.class, () -> writer.accept(WARNING)).getMessage());
  }

  @Test
  void aReaderThatHasGoneIsNamed() {
    OutputStream broken =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("Broken pipe");
          }
        };
    EventWriter writer = EventWriter.to(broken, "stdout");
    assertEquals(
        "stdout can no longer be written: whatever read it has ended",
        assertThrows(UserException.class, () -> writer.accept(WARNING)).what());
  }
}
