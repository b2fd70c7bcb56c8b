package io.moshimlx.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.event.EndEvent;
import io.moshimlx.event.EndReason;
import io.moshimlx.event.FrameEvent;
import io.moshimlx.event.SessionEvent;
import io.moshimlx.event.SessionStats;
import io.moshimlx.event.WarningEvent;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SessionViewTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private SessionView view(boolean showText, boolean outIsTerminal, boolean errIsTerminal) {
    PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8);
    return SessionView.ofRecording(
        new Terminal(out, errors, outIsTerminal, errIsTerminal), showText, 25);
  }

  private static FrameEvent frame(long n, String text) {
    return new FrameEvent(
        n, new int[0], 5, text, null, new FrameEvent.Timings(1, 1, 1, 3), Double.NaN);
  }

  private static EndEvent end() {
    return new EndEvent(
        25, EndReason.INPUT_ENDED, new SessionStats(2, 1, 0.5, 3, 3, 0, 0, 0, 0, 0, 0));
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void pipedTheTextIsAllThatIsWritten() {
    try (SessionView view = view(true, false, false)) {
      view.preparing("loading demo");
      view.accept(frame(0, ""));
      view.accept(frame(1, " 日本"));
      assertEquals("日本", out(), "text appears as it is spoken, without the space before it");
      view.accept(frame(2, " you"));
      view.accept(end());
    }
    assertEquals("日本 you\n", out());
    assertEquals("", err());
  }

  @Test
  void withoutTextNothingIsWritten() {
    try (SessionView view = view(true, false, false)) {
      view.accept(frame(0, ""));
      view.accept(end());
    }
    assertEquals("", out());
  }

  @Test
  void whereStdoutCarriesEventsTheTextIsNotShown() {
    try (SessionView view = view(false, true, true)) {
      view.accept(frame(0, " hello"));
      view.accept(end());
    }
    assertEquals("", out());
    assertTrue(err().contains("\r\033[J0.1 of 2.0 s · real-time factor "), err());
  }

  @Test
  void onATerminalAConversationSaysWhatItGoesThrough() {
    SessionEvent start =
        new SessionEvent("demo", "q4", null, 1, 24000, 1920)
            .live("MacBook Microphone", "AirPods", false, "'AirPods' is headphones");
    view(true, false, false).accept(start);
    view(true, true, true).accept(new SessionEvent("demo", "q4", null, 1, 24000, 1920));
    assertEquals("", err(), "piped, or a recording");
    view(true, true, true).accept(start);
    assertEquals(
        "microphone 'MacBook Microphone', loudspeaker 'AirPods'; echo cancellation off: 'AirPods' is"
            + " headphones\n",
        err());
    assertEquals("", out());
  }

  @Test
  void warningsGoToStderr() {
    try (SessionView view = view(true, false, false)) {
      view.accept(new WarningEvent("slow", "the model is too slow"));
    }
    assertEquals("moshi-mlx: warning: the model is too slow\n", err());
  }

  @Test
  void aTerminalOnStderrGetsAProgressLineAndASummary() {
    try (SessionView view = view(true, false, true)) {
      view.accept(frame(0, " hello"));
      view.accept(end());
    }
    assertEquals("hello\n", out());
    assertTrue(err().startsWith("\r\033[J0.1 of 2.0 s · real-time factor "), err());
    assertTrue(err().endsWith("\r\033[J2.0 s of audio in 1.0 s · real-time factor 0.50\n"), err());
  }

  @Test
  void onATerminalForBothTheProgressStandsBelowTheTextAndLinesAreBroken() {
    try (SessionView view = view(true, true, true)) {
      view.accept(frame(0, " hello"));
      assertTrue(err().startsWith("\n\033[J0.1 of 2.0 s"), err());
      assertTrue(err().endsWith("\033[A\r\033[5C"), err());
      view.accept(frame(1, " " + "x".repeat(72)));
      view.accept(frame(2, " you"));
    }
    assertEquals("hello " + "x".repeat(72) + " \033[J\n\033[Jyou\n", out());
  }

  private static SessionView live(Terminal terminal, AtomicInteger columns) {
    return new SessionView(
        terminal, true, new LiveStatus(() -> -30, () -> false, () -> 3, true), columns::get);
  }

  private Terminal terminal() {
    return new Terminal(out, new PrintStream(out, true, StandardCharsets.UTF_8), true, true);
  }

  @Test
  void aLiveSessionHasAStatusLine() {
    LiveStatus status = new LiveStatus(() -> -30, () -> false, () -> 3, true);
    for (int n = 0; n < 999; n++) {
      double ms = n < 900 ? 500 : n % 2 == 0 ? 20 : 10;
      status.frame(
          new FrameEvent(
              n,
              new int[0],
              5,
              "",
              null,
              new FrameEvent.Timings(0, ms, 0, ms),
              n == 998 ? 130 : 0));
    }
    assertEquals(
        "1:19 · [|||||     ] -30 dB · 20 ms a frame, p99 500 · lag 130 ms · 3 dropped · m mute, q quit",
        status.text());
  }

  @Test
  void silenceAndAMutedMicrophoneAreTold() {
    LiveStatus silent = new LiveStatus(() -> Double.NEGATIVE_INFINITY, () -> false, () -> 0, false);
    silent.frame(frame(0, ""));
    assertTrue(silent.text().startsWith("0:00 · [          ] -60 dB · 3 ms a"), silent.text());
    LiveStatus muted = new LiveStatus(() -> 0, () -> true, () -> 0, false);
    muted.frame(frame(0, ""));
    assertTrue(muted.text().startsWith("0:00 · [muted] · 3 ms a frame"), muted.text());
  }

  @Test
  void theStatusIsCutToTheWidthAndTheTextBrokenBetweenWords() {
    AtomicInteger columns = new AtomicInteger(20);
    try (SessionView view = live(terminal(), columns)) {
      view.accept(frame(0, "this is"));
      assertEquals("this is\n\033[J0:00 · [|||||     ]\033[A\r\033[7C", out());
      out.reset();
      view.accept(frame(1, " unbeliev"));
      view.accept(frame(2, "able"));
      assertEquals(" unbelievabl\033[11D\033[J\n\033[Junbelievable", out());
    }
  }

  @Test
  void aWordWiderThanTheTerminalIsBroken() {
    try (SessionView view = live(terminal(), new AtomicInteger(11))) {
      view.accept(frame(0, "日本日本日本"));
    }
    assertTrue(out().startsWith("日本日本日\033[J\n\033[J本\n\033[J0:00 · ["), out());
    assertTrue(out().endsWith("\n\r\033[J"), out());
  }

  @Test
  void aLineThatANarrowerTerminalHasWrappedIsLeftAlone() {
    AtomicInteger columns = new AtomicInteger(40);
    try (SessionView view = live(terminal(), columns)) {
      view.accept(frame(0, "twenty columns are here"));
      columns.set(20);
      out.reset();
      view.preparing("status");
      assertEquals("\n\n\033[Jstatus\033[A\r", out());
    }
  }
}
